/** HorizontalPodAutoscalers: as many replicas as the load asks for. Stored in this version. */
import type { HorizontalPodAutoscaler } from "#proto/gen/k8s/autoscaling/v2.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { nonNegative } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";
import { setDefaults } from "./horizontalpodautoscalers/defaults.ts";
import { metricsText } from "./horizontalpodautoscalers/printing.ts";
import { validateAutoscaler } from "./horizontalpodautoscalers/validate.ts";

export const horizontalpodautoscalers = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.autoscaling.v2.HorizontalPodAutoscaler",
  storageVersionHash: "qwQve8ut294=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (autoscaler) => {
    autoscaler.status = {};
  },
  prepareForUpdate: (autoscaler, old) => {
    autoscaler.status = old.status ?? {};
  },
  validate: ({ spec = {} }) => validateAutoscaler(spec, undefined),
  validateUpdate: ({ spec = {} }, old) => validateAutoscaler(spec, old.spec ?? {}),
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (autoscaler, old) => ({ ...autoscaler, spec: old.spec ?? {} }),
      validateUpdate: ({ status = {} }) => [
        ...nonNegative("status.currentReplicas", status.currentReplicas),
        ...nonNegative("status.desiredReplicas", status.desiredReplicas),
      ],
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Reference",
      type: "string",
      cell: ({ spec }) => `${spec?.scaleTargetRef?.kind ?? ""}/${spec?.scaleTargetRef?.name ?? ""}`,
    },
    { name: "Targets", type: "string", cell: metricsText },
    {
      name: "MinPods",
      type: "string",
      cell: ({ spec }) => (spec?.minReplicas === undefined ? "<unset>" : `${spec.minReplicas}`),
    },
    { name: "MaxPods", type: "string", cell: ({ spec }) => spec?.maxReplicas ?? 0 },
    { name: "Replicas", type: "string", cell: ({ status }) => status?.currentReplicas ?? 0 },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});
