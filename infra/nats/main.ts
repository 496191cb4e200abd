/** `node infra/nats/main.ts`: makes sure that there is a nats-server and says which. */
import { errorText } from "../tools/error-text.ts";
import { versionText } from "../tools/version.ts";
import { ensureNatsServer } from "./find.ts";

try {
  const { path, version, origin } = await ensureNatsServer(process.env);
  process.stdout.write(`nats-server ${versionText(version)} (${origin}): ${path}\n`);
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
