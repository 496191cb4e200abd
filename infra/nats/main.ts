/**
 * `node infra/nats/main.ts [server|cli]`: makes sure that there is a nats-server, or the `nats`
 * command line, and says which. Only a missing server is an error.
 */
import { errorText } from "../tools/error-text.ts";
import { versionText } from "../tools/version.ts";
import { ensureNatsCli } from "./cli.ts";
import { ensureNatsServer } from "./find.ts";

async function server(): Promise<void> {
  const { path, version, origin } = await ensureNatsServer(process.env);
  process.stdout.write(`nats-server ${versionText(version)} (${origin}): ${path}\n`);
}

async function cli(): Promise<void> {
  const path = await ensureNatsCli(process.env).catch((error: unknown) => errorText(error));
  const missing = "tests do without it";
  process.stdout.write(
    path.startsWith("/") ? `nats: ${path}\n` : `no nats (${path}): ${missing}\n`,
  );
}

try {
  await (process.argv[2] === "cli" ? cli() : server());
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
