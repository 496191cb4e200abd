/** Processes of containers, where the engine runs on this machine. */
import { readFile } from "node:fs/promises";

/**
 * Whether the process is one of the container's, and seen from here: an engine elsewhere has
 * processes with the same numbers as others on this machine.
 */
export async function isProcessOf(pid: number, containerId: string): Promise<boolean> {
  if (!(pid > 0) || containerId === "") return false;
  try {
    return (await readFile(`/proc/${pid}/cgroup`, "utf8")).includes(containerId);
  } catch {
    return false;
  }
}

export function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile, or is not ours to end.
  }
}
