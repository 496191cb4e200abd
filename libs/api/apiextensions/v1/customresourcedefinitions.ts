/** CustomResourceDefinitions: resources that users define. */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionStatus,
} from "#proto/gen/k8s/apiextensions/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { goQuote } from "../../gotext.ts";
import { defaultColumns } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { isKnownFormat } from "../schema/formats.ts";
import { schemaHas } from "../schema/tree.ts";
import { approvalField } from "./customresourcedefinitions/approval.ts";
import { validateNames } from "./customresourcedefinitions/names.ts";
import { optionsOfNew, optionsOfUpdate } from "./customresourcedefinitions/options.ts";
import { validateSpec } from "./customresourcedefinitions/spec.ts";

const portDefault = 443;

export const customresourcedefinitions = defineResource<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  singular: "customresourcedefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.apiextensions.v1.CustomResourceDefinition",
  storageVersionHash: "jfWCUB31mvA=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults,
  prepareForCreate: (draft) => {
    const stored = storageVersion(draft.spec);
    draft.status = {
      acceptedNames: {},
      ...(stored === undefined ? {} : { storedVersions: [stored] }),
    };
  },
  prepareForUpdate: (draft, old) => {
    const { storedVersions = [], ...status } = old.status ?? {};
    const stored = storageVersion(draft.spec);
    const isNew = stored !== undefined && !storedVersions.includes(stored);
    draft.status = {
      ...status,
      storedVersions: isNew ? [...storedVersions, stored] : storedVersions,
    };
  },
  validate: (definition) => [
    ...nameField(definition),
    ...validateSpec(definition.spec ?? {}, optionsOfNew),
    ...validateRest(definition, undefined),
  ],
  validateUpdate: (definition, old) => [
    ...validateSpec(definition.spec ?? {}, optionsOfUpdate(definition, old)),
    ...immutableFields(definition, old),
    ...validateRest(definition, old),
  ],
  nameRule: "dnsSubdomain",
  warnings: ({ spec }, old) => {
    const known = new Set(formatsOf(old?.spec));
    return formatsOf(spec)
      .filter((format) => !known.has(format))
      .map((format) => `unrecognized format ${goQuote(format)}`);
  },
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (draft, old) => ({ ...draft, ...(old.spec === undefined ? {} : { spec: old.spec }) }),
      validateUpdate: ({ status }) => validateStatus(status ?? {}),
      resetFields: ["spec"],
    },
  ],
  printColumns: defaultColumns,
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function defaults(draft: CustomResourceDefinition): void {
  const spec: CustomResourceDefinitionSpec = { ...draft.spec };
  const names = { ...spec.names };
  const { kind = "" } = names;
  if (kind !== "") {
    names.singular ||= kind.toLowerCase();
    names.listKind ||= `${kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service !== undefined) service.port ??= portDefault;
  draft.spec = { ...spec, names };
  const stored = storageVersion(spec);
  const { status = {} } = draft;
  if ((status.storedVersions ?? []).length === 0 && stored !== undefined) {
    draft.status = { ...status, storedVersions: [stored] };
  }
}

const storageVersion = (spec: CustomResourceDefinitionSpec | undefined): string | undefined =>
  spec?.versions?.find(({ storage }) => storage === true)?.name;

function nameField({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const { name = "" } = metadata ?? {};
  const wanted = `${spec?.names?.plural ?? ""}.${spec?.group ?? ""}`;
  if (name === "" || name === wanted) return [];
  return [invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')];
}

function immutableFields(
  { spec = {} }: CustomResourceDefinition,
  { spec: old = {}, status }: CustomResourceDefinition,
): FieldError[] {
  const isEstablished = (status?.conditions ?? []).some(
    (condition) => condition.type === "Established" && condition.status === "True",
  );
  return [
    ...(isEstablished
      ? [
          ...validateImmutable("spec.scope", spec.scope ?? "", old.scope ?? ""),
          ...validateImmutable("spec.names.kind", spec.names?.kind ?? "", old.names?.kind ?? ""),
        ]
      : []),
    ...validateImmutable("spec.group", spec.group ?? "", old.group ?? ""),
    ...validateImmutable("spec.names.plural", spec.names?.plural ?? "", old.names?.plural ?? ""),
  ];
}

function validateRest(
  { metadata, spec = {}, status = {} }: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  return [
    ...validateStatus(status),
    ...storedVersionFields(spec, status),
    ...approvalField(
      spec.group ?? "",
      metadata?.annotations ?? {},
      old === undefined ? undefined : (old.metadata?.annotations ?? {}),
    ),
    ...preserveField(spec, old?.spec),
  ];
}

const validateStatus = ({ acceptedNames = {} }: CustomResourceDefinitionStatus): FieldError[] =>
  validateNames("status.acceptedNames", acceptedNames);

/** Objects may be stored in each of these. */
function storedVersionFields(
  spec: CustomResourceDefinitionSpec,
  status: CustomResourceDefinitionStatus,
): FieldError[] {
  const storedVersions = status.storedVersions ?? [];
  const versions = spec.versions ?? [];
  const path = "status.storedVersions";
  if (storedVersions.length === 0) {
    return [invalid(path, undefined, "must have at least one stored version")];
  }
  // A name counts once: another version of the same name is none that is stored.
  const missing = versions.filter(
    ({ storage, name = "" }, index) =>
      storage === true &&
      (!storedVersions.includes(name) || versions.findIndex((one) => one.name === name) < index),
  );
  return [
    ...missing.map(({ name = "" }) =>
      invalid(path, storedVersions, `must have the storage version ${name}`),
    ),
    ...storedVersions.flatMap((version, index) => {
      if (versions.some(({ name }) => name === version)) return [];
      const detail =
        `missing from spec.versions; ${version} was previously a storage version, and must ` +
        "remain in spec.versions until a storage migration ensures no data remains persisted " +
        `in ${version} and removes ${version} from status.storedVersions`;
      return [invalid(`${path}[${index}]`, version, detail)];
    }),
  ];
}

function preserveField(
  { preserveUnknownFields }: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): FieldError[] {
  if (preserveUnknownFields !== true || old?.preserveUnknownFields === true) return [];
  const detail =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in " +
    "spec.versions[*].schema instead";
  return [invalid("spec.preserveUnknownFields", true, detail)];
}

/** Formats that schemas name and nobody checks, once for each version that does. */
function formatsOf(spec: CustomResourceDefinitionSpec | undefined): string[] {
  const formats: string[] = [];
  for (const { schema } of spec?.versions ?? []) {
    schemaHas(schema?.openAPIV3Schema, ({ format = "", type = "" }) => {
      if (format !== "" && !isKnownFormat(format, type)) formats.push(format);
      return false;
    });
  }
  return formats;
}
