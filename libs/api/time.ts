/** Times as Kubernetes' objects carry them: pure. */
import type { KubeObject } from "./resource.ts";

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

/** Milliseconds since 1970 at which an object was created; 0 when it does not tell. */
export function createdAt({ metadata }: KubeObject): number {
  return Date.parse(metadata?.creationTimestamp ?? "") || 0;
}
