/** What the store keeps as Kubernetes objects, in an order that can be made again. Pure. */
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { StoredVersion } from "../../../services/apiserver/registry/cache/version.ts";
import type { StoreMemory } from "../../../services/store/memory/memory.ts";
import type { Table } from "../../../services/store/memory/versions.ts";
import { UsageError } from "../usage.ts";

export interface ExportChoice {
  /** `pods`, `deployments.apps`; undefined: all. */
  readonly resources: readonly string[] | undefined;
  /** Undefined: all, and what has no namespace. */
  readonly namespace: string | undefined;
  readonly withSecrets: boolean;
}

/** What others are made of or live in comes first; the rest by name. */
const firstResources = [
  "namespaces",
  "customresourcedefinitions.apiextensions.k8s.io",
  "priorityclasses.scheduling.k8s.io",
  "storageclasses.storage.k8s.io",
  "serviceaccounts",
  "clusterroles.rbac.authorization.k8s.io",
  "roles.rbac.authorization.k8s.io",
  "secrets",
  "configmaps",
  "persistentvolumes",
  "persistentvolumeclaims",
  "services",
];

export interface LeftOut {
  readonly resource: string;
  readonly count: number;
  readonly why: "secret" | "no resource of the API";
}

/** Throws UsageError for a resource that there is none of. */
export function tablesToExport(
  memory: StoreMemory,
  definitions: readonly ResourceDefinition[],
  { resources, withSecrets }: ExportChoice,
): { readonly tables: readonly [Table, ResourceDefinition][]; readonly leftOut: LeftOut[] } {
  const known = new Map(definitions.map((definition) => [nameOf(definition), definition]));
  const missing = resources?.filter((name) => !known.has(name)) ?? [];
  if (missing.length > 0) {
    throw new UsageError(`--resources ${missing.join(",")}: expected names as deployments.apps`);
  }
  const tables: [Table, ResourceDefinition][] = [];
  const leftOut: LeftOut[] = [];
  for (const table of memory.tables.values()) {
    const resource = nameOf({ group: table.group, plural: table.resource });
    const count = livingIn(table);
    const definition = known.get(resource);
    if (count === 0 || (resources && !resources.includes(resource))) continue;
    if (!definition) leftOut.push({ resource, count, why: "no resource of the API" });
    else if (definition.confidential && !withSecrets) {
      leftOut.push({ resource, count, why: "secret" });
    } else tables.push([table, definition]);
  }
  const rankOf = ([, definition]: [Table, ResourceDefinition]) => {
    const rank = firstResources.indexOf(nameOf(definition));
    return `${rank < 0 ? "z" : String.fromCharCode(97 + rank)} ${nameOf(definition)}`;
  };
  return { tables: tables.toSorted((a, b) => rankOf(a).localeCompare(rankOf(b))), leftOut };
}

export function* objectsOf(
  [table, definition]: readonly [Table, ResourceDefinition],
  { namespace }: ExportChoice,
): Generator<KubeObject> {
  for (const { key, newest } of table.sorted.from("")) {
    if (!newest.value || (namespace !== undefined && key.namespace !== namespace)) continue;
    const { object } = new StoredVersion(definition, key, newest.value, newest.revision);
    // Who wrote which field says nothing to whoever reads this, and fills half of it.
    const { managedFields: _, ...metadata } = object.metadata ?? {};
    const { apiVersion = "", kind = "" } = object;
    yield { apiVersion, kind, ...object, metadata };
  }
}

function livingIn(table: Table): number {
  let count = 0;
  for (const { newest } of table.sorted.from("")) if (newest.value) count += 1;
  return count;
}

const nameOf = ({ group, plural }: { readonly group: string; readonly plural: string }): string =>
  group === "" ? plural : `${plural}.${group}`;
