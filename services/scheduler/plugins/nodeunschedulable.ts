/** NodeUnschedulable: cordoned nodes take only pods that tolerate it. */
import { tolerates } from "#libs/api/tolerations.ts";
import type { Taint } from "#proto/gen/k8s/core/v1.ts";
import type { FilterPlugin } from "../framework.ts";

const taint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeUnschedulable: FilterPlugin = {
  name: "NodeUnschedulable",
  prepareFilter({ pod }) {
    const isTolerated = (pod.spec?.tolerations ?? []).some((each) => tolerates(each, taint));
    if (isTolerated) return undefined;
    const reasons = ["node(s) were unschedulable"];
    return ({ node }) => (node.spec?.unschedulable ? { reasons, isFinal: true } : undefined);
  },
};
