/** A pod carries the zone and region of its node, so that it can learn where it runs. */
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin, type AdmissionReader } from "./plugin.ts";

const copiedLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

export const podTopologyLabels: AdmissionPlugin = {
  name: "PodTopologyLabels",
  mutate({ operation, place, draft }, reader) {
    if (operation !== "create" || resourceText(place) !== "pods") return;
    const pod = draft as Pod | undefined;
    const nodeName = pod?.spec?.nodeName ?? "";
    if (pod === undefined || nodeName === "" || place.subresource !== "") return;
    const labels = topologyLabels(reader, nodeName);
    if (Object.keys(labels).length === 0) return;
    pod.metadata = { ...pod.metadata, labels: { ...labels, ...pod.metadata?.labels } };
  },
};

/** What a pod on that node gets; a binding brings it, too. */
export function topologyLabels(reader: AdmissionReader, node: string): Record<string, string> {
  const labels = reader.cached("nodes", "", node)?.metadata?.labels ?? {};
  const copied: Record<string, string> = {};
  for (const key of copiedLabels) {
    const value = labels[key];
    if (value !== undefined) copied[key] = value;
  }
  return copied;
}
