/** A new node takes no pods until the node controller has seen that it is ready. */
import type { Node } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin } from "./plugin.ts";

const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  mutate({ operation, place, draft }) {
    if (operation !== "create" || resourceText(place) !== "nodes") return;
    const node = draft as Node | undefined;
    if (node === undefined || place.subresource !== "") return;
    node.spec ??= {};
    const taints = node.spec.taints ?? [];
    const present = taints.some(({ key, effect }) => key === taint.key && effect === taint.effect);
    if (!present) node.spec.taints = [...taints, { ...taint }];
  },
};
