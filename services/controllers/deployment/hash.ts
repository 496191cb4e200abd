/** The hash that names a pod template: pure, stable across restarts. */
import type { PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;
/** Letters and digits that cannot form words, as Kubernetes' generated names use. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** JSON with sorted keys: equal templates give equal text. */
function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${key}:${canonicalText(inner)}`).join(",")}}`;
}

function fnv1a(text: string): number {
  let hash = fnvOffset;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, fnvPrime) >>> 0;
  }
  return hash;
}

/**
 * Up to ten safe characters for a template; `collisions` gives another hash for the same template
 * when the name is taken. The form is Kubernetes', the value is not: that hashes Go's memory
 * layout.
 */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  const suffix = collisions > 0 ? `#${collisions}` : "";
  const hash = fnv1a(canonicalText(template) + suffix);
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join("");
}
