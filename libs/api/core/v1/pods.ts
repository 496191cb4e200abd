/** Pods: containers that run together on one node. */
import { timeText } from "#libs/api/time.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { dns1123LabelErrors } from "../../names.ts";
import { defaultPod } from "../../podtemplate/defaults.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import { applyLabelKeys } from "../../podtemplate/labelkeys.ts";
import { podWarnings } from "../../podtemplate/warnings.ts";
import { defineResource, type GracefulDeletion, type RequestFacts } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { podColumns } from "./pods/columns.ts";
import { appArmorWarnings, applyAppArmorAnnotations } from "./pods/profiles.ts";
import { mergeEphemeralContainers, validateEphemeralContainersUpdate } from "./pods/ephemeral.ts";
import { qosClassOf } from "./pods/qos.ts";
import { mergeResize, validateResize } from "./pods/resize.ts";
import { mergeStatus, validateStatusUpdate } from "./pods/status.ts";
import { validatePodUpdate } from "./pods/update.ts";
import { validatePodCreate } from "./pods/validate.ts";

export const pods = defineResource<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.Pod",
  storageVersionHash: "xPOwRZ+Yhw8=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: defaultPod,
  prepareForCreate,
  prepareForUpdate,
  validate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: mergeStatus,
      validateUpdate: validateStatusUpdate,
      resetFields: ["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"],
    },
    {
      type: "part",
      name: "ephemeralcontainers",
      merge: mergeEphemeralContainers,
      validateUpdate: validateEphemeralContainersUpdate,
      resetFields: ["status"],
    },
    {
      type: "part",
      name: "resize",
      merge: mergeResize,
      validateUpdate: validateResize,
      resetFields: ["status"],
    },
    { type: "action", name: "binding", group: "", version: "v1", kind: "Binding" },
    {
      type: "action",
      name: "eviction",
      group: "policy",
      version: "v1",
      kind: "Eviction",
      olderVersions: ["v1beta1"],
    },
    { type: "connect", name: "log", kind: "Pod" },
    { type: "connect", name: "exec", kind: "PodExecOptions" },
    { type: "connect", name: "attach", kind: "PodAttachOptions" },
    { type: "connect", name: "portforward", kind: "PodPortForwardOptions" },
    { type: "connect", name: "proxy", kind: "PodProxyOptions" },
  ],
  printColumns: podColumns,
  fieldSelectors: {
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec?.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec?.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec?.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec?.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    // Kubernetes accepts the field and knows no value of it.
    "status.podIPs": () => "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  fieldAliases: { "spec.host": "spec.nodeName" },
  partition: ({ spec }) => spec?.nodeName ?? "",
  gracefulDeletion,
  defaultPropagation: "background",
  resetFields: ["status"],
});

function prepareForCreate(pod: Pod, { now }: RequestFacts): void {
  const { spec = {} } = pod;
  dropDisabledFields(spec);
  applyLabelKeys(pod);
  applyAppArmorAnnotations(pod);
  pod.status = { phase: "Pending", qosClass: qosClassOf(spec) };
  if ((spec.schedulingGates ?? []).length === 0) return;
  pod.status.conditions = [
    {
      type: "PodScheduled",
      status: "False",
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
      lastTransitionTime: timeText(now),
    },
  ];
}

function prepareForUpdate(pod: Pod, old: Pod): void {
  dropDisabledFields(pod.spec);
  if (old.status === undefined) delete pod.status;
  else pod.status = old.status;
}

function warnings(pod: Pod, old: Pod | undefined): string[] {
  if (old !== undefined) return [];
  const texts = dns1123LabelErrors(pod.metadata?.name ?? "");
  const name =
    "metadata.name: this is used in the Pod's hostname, which can result in surprising " +
    `behavior; a DNS label is recommended: [${texts.join(" ")}]`;
  return [...(texts.length === 0 ? [] : [name]), ...appArmorWarnings(pod), ...podWarnings(pod, "")];
}

/** A pod that runs nowhere, or no more, has nothing to end gracefully. */
function gracefulDeletion({ spec, status }: Pod, asked: number | undefined): GracefulDeletion {
  const bound = (spec?.nodeName ?? "") !== "";
  const finished = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (!bound || finished) return { gracePeriodSeconds: 0 };
  const seconds = asked ?? spec?.terminationGracePeriodSeconds ?? 0;
  return { gracePeriodSeconds: seconds < 0 ? 1 : seconds };
}
