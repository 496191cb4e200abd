#!/usr/bin/env node
/** The `kubus` command: prepares what is missing, then runs infra/kubus/main.ts. */
import { join } from "node:path";
import { ensureDependencies, environment, findNode, root, run } from "./prepare.mjs";

ensureDependencies({ withTools: false });
const node = findNode();
const main = join(root, "infra", "kubus", "main.ts");

if (node === process.execPath) {
  Object.assign(process.env, environment(node));
  const { enableCompileCache } = await import("node:module");
  enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
  const { start } = await import(main);
  await start();
} else {
  // The extra channel tells the child when this process is killed without a chance to say so.
  process.exitCode = await run(node, [main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: environment(node),
  });
}
