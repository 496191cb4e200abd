/** The plugins in the order in which they see a write. */
import { certificateSubjectRestriction } from "./certificatesubjectrestriction.ts";
import { defaultIngressClass } from "./defaultingressclass.ts";
import { defaultTolerationSeconds } from "./defaulttolerationseconds.ts";
import { defaultStorageClass } from "./defaultstorageclass.ts";
import { limitRanger } from "./limitranger.ts";
import { namespaceLifecycle } from "./namespacelifecycle.ts";
import { persistentVolumeClaimResize } from "./persistentvolumeclaimresize.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { podResizeValidator } from "./podresize.ts";
import { podSecurity } from "./podsecurity.ts";
import { podTopologyLabels } from "./podtopologylabels.ts";
import { priority } from "./priority.ts";
import { runtimeClass } from "./runtimeclass.ts";
import { serviceAccount } from "./serviceaccount.ts";
import { storageObjectInUseProtection } from "./storageobjectinuse.ts";
import { taintNodesByCondition } from "./taintnodesbycondition.ts";

/** Kubernetes' own order (pkg/kubeapiserver/options/plugins.go). */
export const admissionChain: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateSubjectRestriction,
  defaultIngressClass,
  podTopologyLabels,
  podResizeValidator,
];

/** Plugins that change the draft, in the order of the chain. Throws what the first refusal says. */
export async function admitMutation(
  chain: readonly AdmissionPlugin[],
  request: AdmissionRequest,
  reader: AdmissionReader,
): Promise<void> {
  for (const plugin of chain) await plugin.mutate?.(request, reader);
}

/**
 * Plugins that only look, after all changes. Throws what the first refusal says; their warnings
 * otherwise.
 */
export async function admitValidation(
  chain: readonly AdmissionPlugin[],
  request: AdmissionRequest,
  reader: AdmissionReader,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const plugin of chain) warnings.push(...((await plugin.validate?.(request, reader)) ?? []));
  return warnings;
}
