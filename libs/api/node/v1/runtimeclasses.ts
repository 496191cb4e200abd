/** RuntimeClasses: names for the ways in which nodes run containers. */
import type { Toleration } from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeClass, Scheduling } from "#proto/gen/k8s/node/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { duplicate, required, type FieldError } from "../../errors.ts";
import { validateLabels } from "../../metadata/validate.ts";
import { validateRequirements } from "../../podtemplate/resources.ts";
import { validateTolerations } from "../../podtemplate/scheduling.ts";
import { labelReplacements } from "../../podtemplate/warnings.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { dnsLabelField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

export const runtimeclasses = defineResource<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  singular: "runtimeclass",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.node.v1.RuntimeClass",
  storageVersionHash: "WQTu1GL3T2Q=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  validate,
  validateUpdate: (draft, old) => [
    ...validate(draft),
    ...validateImmutable("handler", draft.handler, old.handler),
  ],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {})
      .sort()
      .flatMap((key) => {
        const text = labelReplacements[key];
        return text === undefined ? [] : [`scheduling.nodeSelector: ${text}`];
      }),
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Handler", type: "string", cell: ({ handler }) => handler ?? "" },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  return [
    ...(handler ? dnsLabelField("handler", handler) : [required("handler", "")]),
    // The fixed amounts are checked as the limits of a container, and named so.
    ...validateRequirements({ limits: overhead?.podFixed ?? {} }, [], "overhead"),
    ...(scheduling === undefined ? [] : validateScheduling(scheduling, "scheduling")),
  ];
}

function validateScheduling({ nodeSelector, tolerations }: Scheduling, path: string): FieldError[] {
  return [
    ...validateLabels(nodeSelector, `${path}.nodeSelector`),
    ...validateTolerations(tolerations, `${path}.tolerations`),
    ...repeatedTolerations(tolerations ?? [], `${path}.tolerations`),
  ];
}

function repeatedTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  const seen = new Set<string>();
  return tolerations.flatMap((toleration, index) => {
    const { key = "", operator = "", value = "", effect = "" } = toleration;
    const text = JSON.stringify([key, operator, value, effect]);
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    const { tolerationSeconds = null } = toleration;
    const shown = {
      Key: key,
      Operator: operator,
      Value: value,
      Effect: effect,
      TolerationSeconds: tolerationSeconds,
    };
    return [duplicate(`${path}[${index}]`, shown)];
  });
}
