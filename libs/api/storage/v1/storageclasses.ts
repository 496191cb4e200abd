/** StorageClasses: kinds of storage that claims can ask for. */
import type { TopologySelectorTerm } from "#proto/gen/k8s/core/v1.ts";
import type { StorageClass } from "#proto/gen/k8s/storage/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { duplicate, required, type FieldError } from "../../errors.ts";
import { labelReplacements } from "../../podtemplate/warnings.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { optionalWordField, qualifiedNameField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";
import { parametersField, provisionerField } from "./parameters.ts";

export const storageclasses = defineResource<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  singular: "storageclass",
  shortNames: ["sc"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.storage.v1.StorageClass",
  storageVersionHash: "K+m6uJwbjGY=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: (draft) => {
    draft.reclaimPolicy ??= "Delete";
    draft.volumeBindingMode ??= "Immediate";
  },
  validate,
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [],
  printColumns: [
    { ...nameColumn, cell: nameText },
    { name: "Provisioner", type: "string", cell: ({ provisioner }) => provisioner ?? "" },
    {
      name: "ReclaimPolicy",
      type: "string",
      cell: ({ reclaimPolicy }) => reclaimPolicy ?? "Delete",
    },
    {
      name: "VolumeBindingMode",
      type: "string",
      cell: ({ volumeBindingMode }) => volumeBindingMode ?? "Immediate",
    },
    {
      name: "AllowVolumeExpansion",
      type: "string",
      cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

/** Claims that name no class get the class that says so. */
export const defaultClassAnnotations: readonly string[] = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];

function nameText({ metadata }: StorageClass): string {
  const isDefault = defaultClassAnnotations.some((key) => metadata?.annotations?.[key] === "true");
  return `${metadata?.name ?? ""}${isDefault ? " (default)" : ""}`;
}

function validate(storageClass: StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode } = storageClass;
  const policies = ["Delete", "Retain"];
  const modes = ["Immediate", "WaitForFirstConsumer"];
  return [
    ...provisionerField("provisioner", provisioner),
    ...parametersField("parameters", parameters),
    ...optionalWordField("reclaimPolicy", reclaimPolicy || undefined, policies),
    ...optionalWordField("volumeBindingMode", volumeBindingMode, modes),
    ...validateTopologies(storageClass.allowedTopologies ?? []),
  ];
}

function validateTopologies(terms: readonly TopologySelectorTerm[]): FieldError[] {
  // Kubernetes compares with as many empty terms besides those before, and so finds an empty one
  // as often in itself.
  const before = terms.map(() => "{}");
  return terms.flatMap((term, index) => {
    const path = `allowedTopologies[${index}].matchLabelExpressions`;
    const errors = validateTerm(term, path);
    const text = termText(term);
    errors.push(...before.filter((other) => other === text).map(() => duplicate(path, "")));
    before.push(text);
    return errors;
  });
}

/** Equal for terms that mean the same. */
function termText({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  const entries = matchLabelExpressions.map(
    ({ key = "", values }) => [key, [...new Set(values ?? [])].sort()] as const,
  );
  const byKey = [...new Map(entries)].sort(([one], [other]) => (one < other ? -1 : 1));
  return byKey.length === 0 ? "{}" : JSON.stringify(byKey);
}

function validateTerm(term: TopologySelectorTerm, path: string): FieldError[] {
  const keys = new Set<string>();
  return (term.matchLabelExpressions ?? []).flatMap(({ key = "", values: given }, index) => {
    const values = given ?? [];
    const at = `${path}[${index}]`;
    const isRepeated = keys.has(key);
    keys.add(key);
    return [
      ...(values.length === 0 ? [required(`${at}.values`, "")] : []),
      ...values.flatMap((value, place) =>
        values.indexOf(value) < place ? [duplicate(`${at}.values[${place}]`, value)] : [],
      ),
      ...qualifiedNameField(`${at}.key`, key),
      ...(isRepeated ? [duplicate(`${at}.key`, key)] : []),
    ];
  });
}

function validateUpdate(storageClass: StorageClass, old: StorageClass): FieldError[] {
  const fields = ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] as const;
  return [
    ...validate(storageClass),
    ...fields.flatMap((field) => validateImmutable(field, storageClass[field], old[field])),
  ];
}

function warnings({ allowedTopologies = [] }: StorageClass): string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) =>
    matchLabelExpressions.flatMap(({ key = "" }, place) => {
      const text = labelReplacements[key];
      if (text === undefined) return [];
      return [`allowedTopologies[${index}].matchLabelExpressions[${place}].key: ${text}`];
    }),
  );
}
