/** How a rig gets a bug. */
import { fileURLToPath } from "node:url";
import type { RigOptions } from "../rig/rig.ts";

/** The server acknowledges what its disk has not got yet: a bug of the server's settings. */
export const ackBeforeFsync = "ack before fsync";

/** @param bug one of those in bugs.ts and restarts.ts, or {@link ackBeforeFsync} */
export function plantedBug(bug: string): Pick<RigOptions, "program" | "env" | "syncInterval"> {
  if (bug === ackBeforeFsync) return { syncInterval: "1m" };
  const program = fileURLToPath(new URL("./main.ts", import.meta.url));
  return { program, env: { KUBUS_FAULTS_BUG: bug } };
}
