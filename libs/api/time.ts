/** Times as Kubernetes' objects carry them: pure. */

/**
 * `milliseconds` since 1970 as metav1.Time writes them: whole seconds (the fraction is cut off, not
 * rounded), UTC. Throws `RangeError` on what is no time.
 */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** The same as metav1.MicroTime writes them, with six digits of fraction; leases carry these. */
export function microTimeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
