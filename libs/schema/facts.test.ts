/** Every recorded fact about Kubernetes' types is in the protos. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { descriptor, type FieldDescriptor } from "./descriptor.ts";
import { schemaOf } from "./schemas.ts";

const file = new URL("../../../shared/facts/api-fields.json", import.meta.url);

interface FactField {
  readonly name: string;
  readonly protoName?: string;
  readonly number: number | null;
  readonly type: string;
  readonly label: "optional" | "repeated" | "map";
  readonly [fact: string]: unknown;
}

interface FactMessage {
  readonly fields: readonly FactField[];
  readonly [fact: string]: unknown;
}

/** Go packages that have other names here. */
const packages: Readonly<Record<string, string>> = {
  "k8s.io.apimachinery.pkg.apis.meta.v1": "k8s.meta.v1",
  "k8s.io.apimachinery.pkg.api.resource": "k8s.quantity",
  "k8s.io.apimachinery.pkg.runtime": "k8s.runtime",
  "k8s.io.apimachinery.pkg.util.intstr": "k8s.intstr",
  "k8s.io.apimachinery.pkg.version": "k8s.version",
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1": "k8s.apiextensions.v1",
  "k8s.io.kube_aggregator.pkg.apis.apiregistration.v1": "k8s.apiregistration.v1",
  "k8s.io.apiserver.pkg.apis.audit.v1": "k8s.audit.v1",
};

/** Types of messages that Kubernetes knows in JSON only. */
const goOnlyTypes: Readonly<Record<string, string>> = {
  ListMeta: "k8s.meta.v1.ListMeta",
  TableColumnDefinition: "k8s.meta.v1.TableColumnDefinition",
  TableRow: "k8s.meta.v1.TableRow",
  TableRowCondition: "k8s.meta.v1.TableRowCondition",
  RowConditionType: "string",
  ConditionStatus: "string",
  "interface{}": "k8s.meta.v1.TableCell",
  "runtime.RawExtension": "k8s.runtime.RawExtension",
};

const forms: Readonly<Record<string, string>> = {
  "[]string": "FORM_STRING_LIST",
  "any:raw": "FORM_RAW_JSON",
  "JSONSchemaProps|[]JSONSchemaProps": "FORM_SCHEMA_OR",
  "JSONSchemaProps|bool": "FORM_SCHEMA_OR",
  "JSONSchemaProps|[]string": "FORM_SCHEMA_OR",
  "string:quantity": "FORM_QUANTITY",
  "string:Go duration": "FORM_DURATION",
  "object:raw": "FORM_RAW_OBJECT",
  "string:RFC3339 6-digit fraction UTC": "FORM_MICRO_TIME",
  "string:RFC3339 seconds UTC": "FORM_TIME",
  "integer|string": "FORM_INT_OR_STRING",
};

/** Facts by their names there, and the options that say them. */
const options: Readonly<Record<string, keyof FieldDescriptor>> = {
  always: "always",
  ptr: "optional",
  required: "required",
  omitzero: "omit_zero",
  inline: "inline",
  enum: "enum",
  known: "known",
  gate: "gate",
  listType: "list_type",
  listMapKeys: "list_map_keys",
  mapType: "map_type",
  patchMergeKey: "patch_merge_key",
};
const otherFacts = ["name", "protoName", "number", "type", "label", "default", "patchStrategy"];

function nameOf(goName: string): string {
  if (goOnlyTypes[goName]) return goOnlyTypes[goName];
  const dot = goName.lastIndexOf(".");
  const [before, after] = [goName.slice(0, dot), goName.slice(dot + 1)];
  return `${packages[before] ?? before.replace(/^k8s\.io\.api\./, "k8s.")}.${after}`;
}

function typeOf({ type }: FactField): string {
  const value = /^map<string,(.*)>$/.exec(type)?.[1] ?? type;
  return value.includes(".") || value in goOnlyTypes ? nameOf(value) : value;
}

function expectedField(fact: FactField, position: number): Partial<FieldDescriptor> {
  const expected: Record<string, unknown> = {
    name: fact.name === "-" ? fact.protoName : fact.name,
    number: fact.number ?? position + 1,
    type: typeOf(fact),
  };
  if (fact.label === "repeated") expected["list"] = true;
  if (fact.label === "map") expected["map"] = true;
  for (const [name, option] of Object.entries(options)) {
    if (fact[name]) expected[option] = fact[name];
  }
  if (fact["default"] !== undefined) expected["default_json"] = JSON.stringify(fact["default"]);
  if (fact["patchStrategy"]) expected["patch_strategy"] = String(fact["patchStrategy"]).split(",");
  return expected;
}

/** What our own knowledge adds to a field beside the facts. */
function withoutOurs(field: FieldDescriptor): object {
  return { ...field, description: undefined, go_type: undefined };
}

const isHere = existsSync(file);
if (!isHere) process.stderr.write(`left out: there is no ${file.pathname}\n`);
const facts = isHere ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, FactMessage>) : {};

describe.runIf(isHere)("facts of Kubernetes' types", () => {
  it.each(Object.entries(facts))("%s", (goName, fact) => {
    const name = nameOf(goName);
    const message = descriptor().messages[name];
    expect(message?.fields.map(withoutOurs)).toEqual(fact.fields.map(expectedField));
    const jsonAs = fact["jsonAs"] as string | undefined;
    expect(message?.form).toBe(jsonAs === undefined ? undefined : forms[jsonAs]);
    expect(message?.map_type).toBe(fact["mapType"]);
    expect(message?.json_only ?? false).toBe(fact["proto"] === false);
    const schema = schemaOf(name);
    expect(schema.openapi).toBe(fact["openapi"]);
    expect(schema.typeMeta).toBe(fact["typeMeta"] ?? false);
    expect(kindsOf(name)).toEqual(fact["gvk"]);
    expect(unionsOf(name)).toEqual(fact["unions"]);
  });

  it("has no fact that this test does not look at", () => {
    const known = new Set([...Object.keys(options), ...otherFacts]);
    const all = Object.values(facts).flatMap(({ fields }) => fields.flatMap(Object.keys));
    expect([...new Set(all)].filter((name) => !known.has(name))).toEqual([]);
  });
});

function kindsOf(name: string): unknown {
  const { gvk, everyGroup } = schemaOf(name);
  if (everyGroup) return "many";
  return gvk && [[gvk.group, gvk.version, gvk.kind]];
}

function unionsOf(name: string): unknown {
  const { union } = schemaOf(name);
  if (!union) return undefined;
  const { discriminator, fields } = union;
  return [
    {
      ...(discriminator === undefined ? {} : { discriminator }),
      "fields-to-discriminateBy": fields,
    },
  ];
}
