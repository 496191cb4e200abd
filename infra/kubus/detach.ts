/** `kubus up --detach`: a process of its own runs the cluster; this one shows its start. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { realWorld, type World } from "#libs/actor/world.ts";
import { makeFolder } from "../tools/folder.ts";
import { dataFiles, readRecord } from "./data.ts";
import { whichCluster } from "./farewell.ts";
import type { Settings } from "./options.ts";

const pollMs = 50;

/** Sets the exit code to 1 when the cluster does not come up, or its nodes are not ready. */
export async function startDetached({ data, name }: Settings, world: World = realWorld) {
  const { console: file } = dataFiles(data);
  await makeFolder(data);
  const output = openSync(file, "w", 0o600);
  const main = join(import.meta.dirname, "main.ts");
  const arguments_ = process.argv.slice(2).filter((argument) => argument !== "--detach");
  // Called through npm, the cluster still outlives it.
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, [main, ...arguments_], {
    env,
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let ended: number | undefined;
  child.once("error", () => (ended = 127));
  child.once("exit", (code) => (ended = code ?? 1));
  let shown = 0;
  const showNew = async () => {
    const text = await readFile(file, "utf8");
    process.stdout.write(text.slice(shown));
    shown = text.length;
    return text;
  };
  while (ended === undefined && !(await isRunning(data, child.pid))) {
    await showNew();
    await world.sleep(pollMs);
  }
  const text = await showNew();
  child.unref();
  if (ended !== undefined) process.exitCode = ended;
  else if (text.includes("not ready within")) process.exitCode = 1;
  else process.stdout.write(`\nEnd it with: npx kubus down${whichCluster(name, data)}\n`);
}

async function isRunning(data: string, pid: number | undefined): Promise<boolean> {
  const record = await readRecord(data);
  return record?.pid === pid && record?.phase === "running";
}
