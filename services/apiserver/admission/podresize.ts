/** Refuses what a node could never give to a pod that is resized. */
import { forbiddenError, StatusError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import { quantityMilliValue, quantityValue } from "#libs/api/quantity.ts";
import { wantedByPod } from "#libs/api/quota/pods.ts";
import type { Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const osLabel = "kubernetes.io/os";

export const podResizeValidator: AdmissionPlugin = {
  name: "PodResizeValidator",
  validate({ operation, place, draft, old }, reader) {
    if (operation !== "update" || resourceText(place) !== "pods") return;
    if (place.subresource !== "resize") return;
    const pod = (draft ?? {}) as Pod;
    const { nodeName = "" } = pod.spec ?? {};
    // The generation counts changes of the spec.
    if (nodeName === "" || old?.metadata?.generation === pod.metadata?.generation) return;
    const node = reader.cached("nodes", "", nodeName) as Node | undefined;
    if (node === undefined) throw refuse(pod, `node ${goQuote(nodeName)} not found`);
    const lacks = lacking(pod, node);
    if (lacks.length > 0) {
      const why = `Node didn't have enough allocatable resources: ${lacks.join("; ")}`;
      throw refuse(pod, why, "NodeCapacity");
    }
    const os = node.metadata?.labels?.[osLabel] ?? "";
    if (os === "linux") return;
    const where = `node ${goQuote(nodeName)} is ${goQuote(os)}`;
    const why = `pod resize is only supported on linux nodes, ${where}`;
    throw refuse(pod, why, "UnsupportedPlatform");
  },
};

function lacking(pod: Pod, { status }: Node): string[] {
  const wanted = wantedByPod(pod, "requests");
  const { cpu = "0", memory = "0" } = status?.allocatable ?? {};
  const amounts = [
    ["cpu", quantityMilliValue(wanted["cpu"] ?? "0"), quantityMilliValue(cpu)],
    ["memory", quantityValue(wanted["memory"] ?? "0"), quantityValue(memory)],
  ] as const;
  return amounts
    .filter(([, requested, allocatable]) => requested > allocatable)
    .map(
      ([name, requested, allocatable]) =>
        `${name}, requested: ${requested}, allocatable: ${allocatable}`,
    );
}

/** With the cause as a word that autoscalers look for. */
function refuse({ metadata }: Pod, why: string, cause?: string): StatusError {
  const error = forbiddenError({ group: "", name: "pods" }, metadata?.name ?? "", why);
  if (cause === undefined) return error;
  const details = { ...error.status.details, causes: [{ reason: cause }] };
  return new StatusError(error.code, error.reason, error.message, details);
}
