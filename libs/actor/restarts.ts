/** How long a supervisor waits before it starts a component again: pure. */

/** What the supervisor remembers between lives. */
export interface RestartRecord {
  /** Failures in a row, without a stretch of health between them. */
  readonly failures: number;
  readonly startedAt: number;
}

/** A life that lasted so long counts as healthy: its failure is the first of a new row. */
const healthyMsMin = 10_000;
const backoffMsMin = 50;
const backoffMsMax = 5_000;

/** The record after one more failure, and the milliseconds to wait. */
export function afterFailure(
  record: RestartRecord,
  now: number,
): { readonly failures: number; readonly waitMs: number } {
  const wasHealthy = now - record.startedAt >= healthyMsMin;
  const failures = wasHealthy ? 1 : record.failures + 1;
  return { failures, waitMs: Math.min(backoffMsMin * 2 ** (failures - 1), backoffMsMax) };
}
