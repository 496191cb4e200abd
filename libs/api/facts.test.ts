/** Every definition against what a real API server says of its resource (../shared/facts). */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { schemaOf } from "#libs/schema/index.ts";
import type { FieldSchema, MessageSchema } from "#libs/schema/schema.ts";
import { componentstatuses } from "./core/v1/componentstatuses.ts";
import { resources as stored } from "./index.ts";
import { defaultColumns } from "./printing.ts";
import type { KubeObject, ResourceDefinition, Subresource } from "./resource.ts";

const file = resolve(import.meta.dirname, "../../../shared/facts/api-resources.json");
const isThere = existsSync(file);

interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly priority?: number;
}

interface Facts {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly singularName: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly storageVersionHash?: string;
  readonly columns?: readonly Column[];
  readonly fieldSelectors?: readonly string[];
  readonly defaultTable?: boolean;
  readonly subresources: readonly SubresourceFacts[];
}

interface SubresourceFacts {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

const resources = [...stored, componentstatuses as ResourceDefinition];

const facts = isThere
  ? (JSON.parse(readFileSync(file, "utf8")) as { resources: Facts[] }).resources
  : [];

const factsOf = ({ group, version, plural }: (typeof resources)[number]) =>
  facts.find((one) => one.group === group && one.version === version && one.resource === plural);

/** Answered without a definition: nothing of them is ever stored (services/apiserver/auth). */
const reviews = [
  "localsubjectaccessreviews",
  "selfsubjectaccessreviews",
  "selfsubjectreviews",
  "selfsubjectrulesreviews",
  "subjectaccessreviews",
  "tokenreviews",
];

/** Where the recorded answers show the plain table and the facts one that nobody is shown. */
const plainTables = new Set(["csistoragecapacities"]);
const plainColumns = [
  { name: "Name", type: "string", format: "name" },
  { name: "Created At", type: "date" },
];

/** Every resource has these. */
const metadataSelectors = ["metadata.name", "metadata.namespace"];

if (!isThere) console.log(`left out: there is no ${file}`);

describe.skipIf(!isThere)("definitions", () => {
  it.each(resources.map((resource) => [`${resource.plural} ${resource.group}`, resource] as const))(
    "%s",
    (_, resource) => {
      const known = factsOf(resource);
      const { fieldSelectors, fieldAliases = {} } = resource;
      expect({
        kind: resource.kind,
        singularName: resource.singular,
        shortNames: resource.shortNames,
        categories: resource.categories,
        namespaced: resource.scope === "Namespaced",
        verbs: resource.verbs.toSorted(),
        storageVersionHash: resource.storageVersionHash,
        columns: resource.printColumns.filter(({ unlisted }) => !unlisted).map(columnOf),
        fieldSelectors: [...Object.keys(fieldSelectors), ...Object.keys(fieldAliases)].sort(),
        isPlain: resource.printColumns === defaultColumns,
        subresources: sorted(resource.subresources.map((one) => subresourceOf(one, resource))),
      }).toEqual({
        kind: known?.kind,
        singularName: known?.singularName,
        shortNames: known?.shortNames,
        categories: known?.categories,
        namespaced: known?.namespaced,
        verbs: known?.verbs.toSorted(),
        // What is not stored has none of these.
        storageVersionHash: known?.storageVersionHash ?? "",
        columns: plainTables.has(resource.plural) ? plainColumns : (known?.columns ?? []),
        fieldSelectors: (known?.fieldSelectors ?? [])
          .filter((path) => !metadataSelectors.includes(path))
          .sort(),
        isPlain: known?.defaultTable ?? plainTables.has(resource.plural),
        subresources: sorted(known?.subresources ?? []),
      });
    },
  );

  it("are all there", () => {
    const names = resources.map(({ plural, version, group }) => `${plural} ${group}/${version}`);
    const absent = facts.filter(
      ({ resource, version, group }) => !names.includes(`${resource} ${group}/${version}`),
    );
    expect(absent.map(({ resource }) => resource).sort()).toEqual(reviews);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(facts.length - reviews.length);
    const subresources = resources.flatMap((resource) => resource.subresources);
    expect(subresources).toHaveLength(facts.flatMap((one) => one.subresources).length);
  });

  it.each(resources.map((resource) => [`${resource.plural} ${resource.group}`, resource] as const))(
    "documented defaults are filled: %s",
    (_, resource) => {
      const schema = schemaOf(resource.message);
      const draft = everything(schema, []) as KubeObject;
      resource.defaults?.(draft);
      expect(unfilled(schema, draft, "")).toEqual([]);
    },
  );
});

/** As the facts write a column: without what is usual. */
function columnOf({ name, type, format, priority = 0 }: Column): Column {
  return {
    name,
    type,
    ...(format === undefined ? {} : { format }),
    ...(priority === 0 ? {} : { priority }),
  };
}

const sorted = (subresources: readonly SubresourceFacts[]) =>
  subresources.toSorted((left, right) => (left.name < right.name ? -1 : 1));

/** What a subresource answers, as discovery and the facts have it. */
function subresourceOf(
  subresource: Subresource<KubeObject>,
  { group, version, kind }: ResourceDefinition,
): SubresourceFacts {
  const { name } = subresource;
  switch (subresource.type) {
    case "scale":
      return { name, group: "autoscaling", version: "v1", kind: "Scale", verbs: readAndWrite };
    case "part":
      return { name, group, version, kind, verbs: name === "finalize" ? ["update"] : readAndWrite };
    case "action": {
      const { group: ofAction, version: ofVersion, kind: ofKind } = subresource;
      return { name, group: ofAction, version: ofVersion, kind: ofKind, verbs: ["create"] };
    }
    case "connect":
      return { name, group, version, kind: subresource.kind, verbs: connectVerbs(name) };
  }
}

const readAndWrite = ["get", "patch", "update"];

function connectVerbs(name: string): string[] {
  if (name === "log") return ["get"];
  if (name === "proxy") return ["create", "delete", "get", "patch", "update"];
  return ["create", "get"];
}

/** An object with every struct that it can have, one of each list, and no values. */
function everything(schema: MessageSchema, above: readonly MessageSchema[]): object {
  const object: Record<string, unknown> = {};
  const around = [...above, schema];
  for (const { name, message, cardinality } of structsIn(schema)) {
    if (message === undefined || around.includes(message)) continue;
    const inner = everything(message, around);
    object[name] = cardinality === "list" ? [inner] : inner;
  }
  return object;
}

const structsIn = (schema: MessageSchema): FieldSchema[] =>
  [...schema.byJsonName.values()].filter(
    ({ message, cardinality, inline }) =>
      message?.form === "struct" && cardinality !== "map" && !inline,
  );

/** Paths of fields that have not got the default that is documented. */
function unfilled(schema: MessageSchema, object: object, path: string): string[] {
  const values = object as Readonly<Record<string, unknown>>;
  const own = [...schema.byJsonName.values()].filter(
    ({ name, default: value }) => Boolean(value) && values[name] !== value,
  );
  const below = structsIn(schema).flatMap(({ name, message, cardinality }) => {
    const value = values[name];
    const items = (cardinality === "list" ? value : [value]) as (object | undefined)[];
    if (message === undefined || value === undefined) return [];
    return items.flatMap((item) => unfilled(message, item ?? {}, `${path}.${name}`));
  });
  return [...own.map(({ name }) => `${path}.${name}`), ...below];
}
