import { expect, test } from "vitest";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from "#proto/gen/k8s/apiextensions/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { customresourcedefinitions as resource } from "./customresourcedefinitions.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;

const schema = { openAPIV3Schema: { type: "object" } };
const version = { name: "v1", served: true, storage: true, schema };
const good: CustomResourceDefinitionSpec = {
  group: "a.b",
  scope: "Cluster",
  names: { plural: "ws", kind: "W" },
  versions: [version],
};

/** A definition as it is checked: with defaults and a status. */
function defined(spec: CustomResourceDefinitionSpec): CustomResourceDefinition {
  const draft = structuredClone({ metadata: { name: "ws.a.b" }, spec });
  resource.defaults?.(draft);
  resource.prepareForCreate?.(draft, facts);
  return draft;
}

const of = (part: CustomResourceDefinitionSpec) => defined({ ...good, ...part });
const withVersion = (part: CustomResourceDefinitionVersion) =>
  of({ versions: [{ ...version, ...part }] });
const other = { ...version, name: "v2", storage: false };
const many = Array.from({ length: 9 }, (_, index) => [`f${index}`, { type: "string" }] as const);
const open = {
  openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
};

const label =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an " +
  "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', " +
  "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const printed = (name: string) =>
  `{"Name":"${name}","Served":true,"Storage":true,"Deprecated":false,` +
  '"DeprecationWarning":null,"Schema":null,"Subresources":null,' +
  '"AdditionalPrinterColumns":null,"SelectableFields":null}';

test.each<[string, CustomResourceDefinition, string[]]>([
  ["a good one", of({}), []],
  [
    "another name",
    { ...of({}), metadata: { name: "x.a.b" } },
    ['metadata.name: Invalid value: "x.a.b": must be spec.names.plural+"."+spec.group'],
  ],
  ["no scope", of({ scope: "" }), ["spec.scope: Required value"]],
  [
    "an odd scope",
    of({ scope: "World" }),
    ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
  ],
  [
    "no schema",
    of({ versions: [{ name: "v1", served: true, storage: true }] }),
    ["spec.versions[0].schema.openAPIV3Schema: Required value"],
  ],
  [
    "a version of that name twice",
    of({ versions: [version, { ...version, storage: false }] }),
    [
      `spec.versions: Invalid value: [${printed("v1")},` +
        `${printed("v1").replace('"Storage":true', '"Storage":false')}]: ` +
        "must contain unique version names",
    ],
  ],
  [
    "an odd version",
    withVersion({ name: "V" }),
    [
      `spec.versions[0].name: Invalid value: "V": ${label}`,
      `spec.version: Invalid value: "V": ${label}`,
    ],
  ],
  [
    "a warning that nobody is given",
    withVersion({ deprecationWarning: "old" }),
    [
      'spec.versions[0].deprecationWarning: Invalid value: "old": ' +
        "can only be set for deprecated versions",
    ],
  ],
  [
    "a warning of two lines",
    withVersion({ deprecated: true, deprecationWarning: "é\n" }),
    [
      'spec.versions[0].deprecationWarning: Invalid value: "é\\n": must only contain printable ' +
        "UTF-8 characters; non-printable character found at index 2",
    ],
  ],
  [
    "columns that differ between versions",
    of({
      versions: [
        { ...version, additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: "a" }] },
        other,
      ],
    }),
    [
      'spec.versions[0].additionalPrinterColumns[0].JSONPath: Invalid value: "a": ' +
        "must be a simple json path starting with .",
    ],
  ],
  [
    "a root beside a status",
    withVersion({
      schema: { openAPIV3Schema: { type: "array", items: { type: "string" } } },
      subresources: { status: {} },
    }),
    [
      'spec.validation.openAPIV3Schema.type: Invalid value: "array": only "object" is allowed as ' +
        "the type at the root of the schema if the status subresource is enabled",
      'spec.validation.openAPIV3Schema.type: Invalid value: "array": must be object at the root',
    ],
  ],
  [
    "selectable fields of metadata, and too many",
    withVersion({
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            metadata: { type: "object", properties: { name: { type: "string" } } },
            spec: { type: "object", properties: Object.fromEntries(many) },
          },
        },
      },
      selectableFields: [
        { jsonPath: ".metadata.name" },
        ...many.slice(1).map(([name]) => ({ jsonPath: `.spec.${name}` })),
        { jsonPath: ".spec['f1']" },
      ],
    }),
    [
      'spec.selectableFields[0].jsonPath: Invalid value: ".metadata.name": ' +
        "must not point to fields in metadata",
      `spec.selectableFields[9].jsonPath: Invalid value: ".spec['f1']": ` +
        "is an invalid path: array notation is not allowed",
      "spec.selectableFields: Too many: 9: must have at most 8 items",
    ],
  ],
  [
    "a scale without paths",
    withVersion({ subresources: { scale: { specReplicasPath: ".spec.n" } } }),
    ["spec.subresources.scale.statusReplicasPath: Required value"],
  ],
  [
    "review versions twice",
    of({
      conversion: {
        strategy: "Webhook",
        webhook: { clientConfig: { url: "https://a/b" }, conversionReviewVersions: ["v1", "v1"] },
      },
    }),
    ['spec.conversion.conversionReviewVersions[1]: Invalid value: "v1": duplicate version'],
  ],
  [
    "unknown fields kept, with a webhook",
    of({
      versions: [{ ...version, schema: open }],
      preserveUnknownFields: true,
      conversion: {
        strategy: "Webhook",
        webhook: { clientConfig: { url: "https://a/b" }, conversionReviewVersions: ["v1"] },
      },
    }),
    [
      'spec.conversion.strategy: Invalid value: "Webhook": ' +
        "must be None if spec.preserveUnknownFields is true",
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set " +
        "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
  ],
])("%s", (_, definition, expected) => {
  expect(resource.validate(definition, facts).map(fieldErrorText)).toEqual(expected);
});

const approval = "metadata.annotations[api-approved.kubernetes.io]";
const see = "see https://github.com/kubernetes/enhancements/pull/1111";
const asked = 'protected groups must have approval annotation "api-approved.kubernetes.io"';

test.each<[string | undefined, string[]]>([
  [undefined, [`${approval}: Required value: ${asked}, ${see}`]],
  ["unapproved, for a test", []],
  ["https://a.b/c", []],
  [
    "yes",
    [
      `${approval}: Invalid value: "yes": ${asked} with either a URL or a reason starting with ` +
        `"unapproved", ${see}`,
    ],
  ],
])("an approval %s", (value, expected) => {
  const definition: CustomResourceDefinition = {
    ...of({ group: "x.k8s.io" }),
    metadata: {
      name: "ws.x.k8s.io",
      ...(value === undefined ? {} : { annotations: { "api-approved.kubernetes.io": value } }),
    },
  };
  expect(resource.validate(definition, facts).map(fieldErrorText)).toEqual(expected);
  expect(resource.validateUpdate?.(definition, definition, facts)).toEqual([]);
});

const established = {
  ...of({}),
  status: {
    conditions: [{ type: "Established", status: "True" }],
    storedVersions: ["v1"],
  },
};

test.each<[string, CustomResourceDefinition, CustomResourceDefinition, string[]]>([
  ["scope before it is served", of({ scope: "Namespaced" }), of({}), []],
  [
    "scope and kind once it is served",
    of({ scope: "Namespaced", names: { plural: "ws", kind: "V" } }),
    established,
    [
      'spec.scope: Invalid value: "Namespaced": field is immutable',
      'spec.names.kind: Invalid value: "V": field is immutable',
    ],
  ],
  [
    "group and plural",
    of({ group: "c.d", names: { plural: "vs", kind: "W" } }),
    of({}),
    [
      'spec.group: Invalid value: "c.d": field is immutable',
      'spec.names.plural: Invalid value: "vs": field is immutable',
    ],
  ],
  [
    "a type that nobody knows stays where it was",
    withVersion({
      schema: { openAPIV3Schema: { type: "object", properties: { a: { type: "x" } } } },
    }),
    withVersion({
      schema: { openAPIV3Schema: { type: "object", properties: { a: { type: "y" } } } },
    }),
    [],
  ],
])("an update of %s", (_, definition, old, expected) => {
  const errors = resource.validateUpdate?.(definition, old, facts) ?? [];
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

test("an update adds the version that is stored now and keeps the status", () => {
  const draft = of({
    versions: [
      { ...version, storage: false },
      { ...other, storage: true },
    ],
  });
  resource.prepareForUpdate?.(draft, established, facts);
  expect(draft.status).toEqual({ ...established.status, storedVersions: ["v1", "v2"] });
  expect(resource.validate(draft, facts)).toEqual([]);
});

test("a version that is stored stays among the versions", () => {
  const draft = of({ versions: [{ ...other, storage: true }] });
  resource.prepareForUpdate?.(draft, established, facts);
  expect(resource.validate(draft, facts).map(fieldErrorText)).toEqual([
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was ' +
      "previously a storage version, and must remain in spec.versions until a storage migration " +
      "ensures no data remains persisted in v1 and removes v1 from status.storedVersions",
  ]);
});

test("defaults", () => {
  const draft: CustomResourceDefinition = {
    spec: {
      ...good,
      conversion: { strategy: "Webhook", webhook: { clientConfig: { service: {} } } },
    },
  };
  resource.defaults?.(draft);
  expect(draft.spec?.names).toEqual({ plural: "ws", singular: "w", kind: "W", listKind: "WList" });
  expect(draft.spec?.conversion?.webhook?.clientConfig?.service).toEqual({ port: 443 });
  expect(draft.status).toEqual({ storedVersions: ["v1"] });
});

test("formats that nobody checks are told once", () => {
  const format = (name: string) =>
    withVersion({
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            a: { type: "string", format: name },
            b: { type: "string", format: "date" },
          },
        },
      },
    });
  expect(resource.warnings?.(format("odd"), undefined)).toEqual(['unrecognized format "odd"']);
  expect(resource.warnings?.(format("odd"), format("odd"))).toEqual([]);
});

test("a status takes no spec", () => {
  const part = resource.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  const draft = { ...of({ scope: "Namespaced" }), status: { storedVersions: ["v2"] } };
  expect(part.merge(draft, established, facts)).toEqual({
    ...established,
    status: { storedVersions: ["v2"] },
  });
});
