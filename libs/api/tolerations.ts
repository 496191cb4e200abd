/** Whether a toleration covers a taint: pure. The scheduler and taint eviction both ask. */
import type { Taint, Toleration } from "#proto/gen/k8s/core/v1.ts";

/**
 * As Toleration.ToleratesTaint: an empty effect covers every effect, an empty key every key, and an
 * empty operator means Equal. An operator that is not known tolerates nothing.
 */
export function tolerates(
  { key = "", operator = "", value = "", effect = "" }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  return (operator === "" || operator === "Equal") && value === (taint.value ?? "");
}
