/** Every definition against what a real API server says of its resource (../shared/facts). */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { resources } from "./index.ts";

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
  readonly subresources: readonly { readonly name: string }[];
}

const facts = isThere
  ? (JSON.parse(readFileSync(file, "utf8")) as { resources: Facts[] }).resources
  : [];

const factsOf = ({ group, version, plural }: (typeof resources)[number]) =>
  facts.find(
    (one) => one.group === group && one.version === version && one.resource === plural,
  );

/** Subresources of an issue to come. */
const later = new Set([
  ...["exec", "attach", "portforward", "proxy", "token", "resize", "ephemeralcontainers"],
]);
const isDue = (name: string) => !later.has(name);

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
        subresources: resource.subresources.map(({ name }) => name).filter(isDue).sort(),
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
        subresources: known?.subresources.map(({ name }) => name).filter(isDue).sort(),
      });
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
