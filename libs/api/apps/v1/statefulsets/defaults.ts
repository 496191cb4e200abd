/** What is filled into stateful sets (Kubernetes: pkg/apis/apps/v1/defaults.go). */
import type { StatefulSet, StatefulSetSpec } from "#proto/gen/k8s/apps/v1.ts";
import { defaultPodSpec } from "../../../podtemplate/defaults.ts";

export function setDefaults(set: StatefulSet): void {
  set.spec ??= {};
  const { spec } = set;
  // Decoding leaves null where Go has no pointer.
  if (!spec.selector) delete spec.selector;
  spec.podManagementPolicy ||= "OrderedReady";
  defaultUpdateStrategy(spec);
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.template ??= {};
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
  completeClaimTemplates(set);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.spec ??= {};
    claim.spec.volumeMode ??= "Filesystem";
    claim.status ??= {};
    claim.status.phase ||= "Pending";
  }
}

function defaultUpdateStrategy(spec: StatefulSetSpec): void {
  spec.updateStrategy ??= {};
  const { updateStrategy } = spec;
  if ((updateStrategy.type ?? "") === "") {
    updateStrategy.type = "RollingUpdate";
    updateStrategy.rollingUpdate ??= {};
  }
  if (updateStrategy.type === "RollingUpdate" && updateStrategy.rollingUpdate !== undefined) {
    updateStrategy.rollingUpdate.partition ??= 0;
  }
}

/** Claims in a stateful set say what they are, in JSON; protobuf has no place for it. */
export function completeClaimTemplates({ spec }: StatefulSet): void {
  for (const claim of spec?.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= "v1";
    claim.kind ||= "PersistentVolumeClaim";
  }
}
