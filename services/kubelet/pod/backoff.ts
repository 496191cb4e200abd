/** How long a container that ended waits for its next start: pure. */
import type { RuntimeContainer } from "../runtime.ts";
import type { StartFailure } from "./view.ts";

/** As the kubelet's: the first restart is at once, then 10 s doubled up to 5 minutes. */
const backoffMsMin = 10_000;
const backoffMsMax = 300_000;
/** A container that ran for so long starts with a clean slate. */
const healthyMsMin = 600_000;

/** Milliseconds of back-off that apply after these attempts; 0 is none. */
export function crashBackoffMs(attempts: readonly RuntimeContainer[]): number {
  let crashes = 0;
  for (const { state, startedAt, finishedAt = 0 } of attempts) {
    if (state !== "exited") continue;
    crashes = finishedAt - startedAt >= healthyMsMin ? 1 : crashes + 1;
  }
  // The runtime keeps only the latest attempts: their number says how many there were.
  const latest = attempts.at(-1);
  const restarts = Math.max(crashes - 1, crashes > 1 ? (latest?.attempt ?? 0) : 0);
  if (restarts <= 0) return 0;
  return Math.min(backoffMsMin * 2 ** (restarts - 1), backoffMsMax);
}

/**
 * Milliseconds to wait after a start that failed. Pulls are tried ever less often; what else is
 * missing (a config map, a port) is looked for at a steady pace.
 */
export function startBackoffMs({ reason, count }: StartFailure): number {
  if (reason !== "ErrImagePull") return backoffMsMin;
  return Math.min(backoffMsMin * 2 ** (count - 1), backoffMsMax);
}
