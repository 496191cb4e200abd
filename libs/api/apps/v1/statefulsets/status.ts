/** The status of stateful sets (Kubernetes: ValidateStatefulSetStatusUpdate). */
import type { StatefulSet } from "#proto/gen/k8s/apps/v1.ts";
import { invalid, type FieldError } from "../../../errors.ts";
import { validateCollisions } from "../../../podtemplate/replicas.ts";
import { nonNegative } from "../../../validation/fields.ts";

const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] as const;
const counts = ["replicas", ...parts, "observedGeneration", "collisionCount"] as const;

export function validateStatus({ status = {} }: StatefulSet, old: StatefulSet): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const errors = counts.flatMap((name) => nonNegative(`status.${name}`, status[name]));
  for (const part of parts) {
    const count = status[part] ?? 0;
    if (count <= replicas) continue;
    errors.push(invalid(`status.${part}`, count, "cannot be greater than status.replicas"));
  }
  if (availableReplicas > readyReplicas) {
    const detail = "cannot be greater than status.readyReplicas";
    errors.push(invalid("status.availableReplicas", availableReplicas, detail));
  }
  const before = old.status?.collisionCount;
  return [...errors, ...validateCollisions(status.collisionCount, before, "status")];
}
