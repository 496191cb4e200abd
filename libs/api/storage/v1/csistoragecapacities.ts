/** CSIStorageCapacities: how much a driver has left, where, of which class. */
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import type { CSIStorageCapacity } from "#proto/gen/k8s/storage/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { labelReplacements } from "../../podtemplate/warnings.ts";
import { defaultColumns } from "../../printing.ts";
import { canonicalQuantity } from "../../quantity.ts";
import { defineResource } from "../../resource.ts";
import { dnsSubdomainField } from "../../validation/fields.ts";
import { negativeText } from "../../validation/names.ts";
import { isNegativeQuantity } from "../../validation/quantities.ts";
import { validateLabelSelector } from "../../validation/selectors.ts";
import { everyVerb } from "../../verbs.ts";

export const csistoragecapacities = defineResource<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  singular: "csistoragecapacity",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.storage.v1.CSIStorageCapacity",
  storageVersionHash: "xeVl+2Ly1kE=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  validate,
  validateUpdate: (draft, old) => [
    ...validate(draft),
    ...validateImmutable("nodeTopology", draft.nodeTopology, old.nodeTopology),
    ...validateImmutable("storageClassName", draft.storageClassName, old.storageClassName),
  ],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: ({ nodeTopology }) => selectorWarnings(nodeTopology, "nodeTopology"),
  subresources: [],
  printColumns: defaultColumns,
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): FieldError[] {
  const errors = [
    ...validateLabelSelector(nodeTopology, "nodeTopology"),
    ...dnsSubdomainField("storageClassName", storageClassName ?? ""),
  ];
  if (capacity === undefined || !isNegativeQuantity(capacity)) return errors;
  return [...errors, invalid("capacity", canonicalQuantity(capacity), negativeText)];
}

/** Selectors that ask for labels which nodes have under other names by now. */
function selectorWarnings(selector: LabelSelector | undefined, path: string): string[] {
  const { matchExpressions = [], matchLabels = {} } = selector ?? {};
  return [
    ...matchExpressions.flatMap(({ key = "" }, index) => {
      const text = labelReplacements[key];
      return text === undefined
        ? []
        : [`${path}.matchExpressions[${index}].key: ${key} is ${text}`];
    }),
    ...Object.keys(matchLabels)
      .sort()
      .flatMap((key) => {
        const text = labelReplacements[key];
        return text === undefined ? [] : [`${path}.matchLabels.${key}: ${text}`];
      }),
  ];
}
