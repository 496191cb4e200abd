/** What ReplicaSets and ReplicationControllers have in common, with defaults filled in: pure. */
import type { ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { ReplicationController } from "#proto/gen/k8s/core/v1.ts";
import type { ReplicaSetView } from "./decide.ts";

export function viewOf(
  kind: ReplicaSetView["kind"],
  object: ReplicaSet | ReplicationController,
): ReplicaSetView {
  const { spec, status, metadata } = object;
  return {
    kind,
    object,
    replicas: spec?.replicas ?? 1,
    minReadySeconds: spec?.minReadySeconds ?? 0,
    template: spec?.template ?? {},
    generation: metadata?.generation ?? 0,
    status,
  };
}
