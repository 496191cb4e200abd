/** `kubus version`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../tools/cache.ts";
import { findNatsServer } from "../../nats/find.ts";
import { versionText } from "../../tools/version.ts";

export async function version({ output }: { readonly output: string }): Promise<void> {
  const text = await readFile(join(root, "package.json"), "utf8");
  const server = await findNatsServer(process.env).catch(() => undefined);
  const versions = {
    kubus: (JSON.parse(text) as { version: string }).version,
    node: process.versions.node,
    "nats-server": server ? versionText(server.version) : "none found",
  };
  const lines = Object.entries(versions).map(([name, value]) => `${name} ${value}\n`);
  process.stdout.write(
    output === "json" ? `${JSON.stringify(versions, null, 2)}\n` : lines.join(""),
  );
}
