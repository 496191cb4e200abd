/** Processes by their id, with care that an id may have passed on to another program. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { World } from "#libs/actor/world.ts";
import { capture } from "./command.ts";

const pollMs = 10;

/** A process that ended but that its parent has not asked about yet is dead. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isZombie(pid);
}

/** Told by Linux only; elsewhere such a process soon disappears. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself contain any character.
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** What a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Most bytes of memory that it had at one time. */
  readonly memoryBytesMax: number;
}

/** Linux counts the time of processes in hundredths of a second, whatever its own clock. */
const ticksPerSecond = 100;

/** Told by Linux only; undefined elsewhere, and of a process that has ended. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all(
      ["stat", "status"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8")),
    );
    // The fields after the name; the 12th and 13th are the times in user and system mode.
    const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(status ?? "")?.[1] ?? 0);
    return { cpuSeconds, memoryBytesMax: kilobytes * 1_024 };
  } catch {
    return undefined;
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
