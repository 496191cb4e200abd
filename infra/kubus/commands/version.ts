/** `kubus version`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { versionDocument } from "../../../services/apiserver/discovery/version.ts";
import { findNatsServer } from "../../nats/find.ts";
import { root } from "../../tools/cache.ts";
import { versionText } from "../../tools/version.ts";

export async function version({ output }: { readonly output: string }): Promise<void> {
  const text = await readFile(join(root, "package.json"), "utf8");
  const server = await findNatsServer(process.env).catch(() => undefined);
  const versions = {
    kubus: (JSON.parse(text) as { version: string }).version,
    kubernetes: versionDocument.gitVersion,
    node: process.versions.node,
    "nats-server": server ? versionText(server.version) : "none found",
  };
  const lines = Object.entries(versions).map(([name, value]) => `${name} ${value}\n`);
  const json = `${JSON.stringify(versions, null, 2)}\n`;
  process.stdout.write(output === "json" ? json : lines.join(""));
}
