/** ComponentStatuses: whether parts of the control plane are well. Asked, never stored. */
import type { ComponentStatus } from "#proto/gen/k8s/core/v1.ts";
import { nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";

export const componentstatuses = defineResource<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  singular: "componentstatus",
  shortNames: ["cs"],
  categories: [],
  scope: "Cluster",
  verbs: ["get", "list"],
  message: "k8s.core.v1.ComponentStatus",
  storageVersionHash: "",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  deprecated: "v1 ComponentStatus is deprecated in v1.19+",
  validate: () => [],
  nameRule: "pathSegment",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Status", type: "string", description: "Whether it is well.", cell: statusText },
    {
      name: "Message",
      type: "string",
      description: "What it says.",
      cell: (object) => healthyOf(object)?.message ?? "",
    },
    {
      name: "Error",
      type: "string",
      description: "What went wrong.",
      cell: (object) => healthyOf(object)?.error ?? "",
    },
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function healthyOf({ conditions }: ComponentStatus) {
  return (conditions ?? []).find(({ type }) => type === "Healthy");
}

function statusText(object: ComponentStatus): string {
  const healthy = healthyOf(object);
  if (healthy === undefined) return "Unknown";
  return healthy.status === "True" ? "Healthy" : "Unhealthy";
}
