/** Processes by their id, with care that an id may have passed on to another program. */
import { readFile } from "node:fs/promises";
import type { World } from "#libs/actor/world.ts";
import { capture } from "./command.ts";

const pollMs = 10;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the process lives and its command line contains the text. */
export async function isRunning(pid: number, text: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(
    async () => (await capture("ps", ["-o", "command=", "-p", String(pid)])).stdout,
  );
  return commandLine.includes(text);
}

/** Asks the process to end, kills it when it does not in time, and waits until it is gone. */
export async function endProcess(pid: number, world: World, stopMsMax: number): Promise<void> {
  signal(pid, "SIGTERM");
  const started = world.monotonic();
  let killed = false;
  while (isAlive(pid)) {
    if (!killed && world.monotonic() - started > stopMsMax) {
      signal(pid, "SIGKILL");
      killed = true;
    }
    await world.sleep(pollMs);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between, which is what was wanted.
  }
}
