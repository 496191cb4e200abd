/** Pods outlive an unreachable or unready node for five minutes unless they say otherwise. */
import type { Pod, Toleration } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const tolerationSeconds = 300;
const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  mutate({ operation, place, draft }) {
    if (operation === "delete") return;
    if (resourceText(place) !== "pods" || place.subresource !== "") return;
    const pod = draft as Pod | undefined;
    if (pod?.spec === undefined) return;
    const given = pod.spec.tolerations ?? [];
    const missing = keys.filter((key) => !given.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    pod.spec.tolerations = [
      ...given,
      ...missing.map((key) => ({
        key,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds,
      })),
    ];
  },
};

function tolerates({ key = "", effect = "" }: Toleration, taintKey: string): boolean {
  return (key === taintKey || key === "") && (effect === "NoExecute" || effect === "");
}
