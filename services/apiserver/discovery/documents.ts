/** Discovery: what is served, in the old documents and in the aggregated one. */
import { createHash } from "node:crypto";
import {
  type KubeObject,
  type ResourceDefinition,
  type Subresource,
  apiVersionOf,
} from "#libs/api/resource.ts";
import { codecOf, encodeUnknown } from "#libs/schema/index.ts";
import type { Review } from "../auth/reviews/review.ts";
import { subresourceVerbs, type Served, type ServedVersion } from "../http/routes.ts";

export interface AggregatedDocument {
  readonly json: Uint8Array;
  /** Quoted, as it stands in the ETag header. */
  readonly etag: string;
  /** The same in its envelope; of the newest version only. */
  readonly protobuf: () => Uint8Array | undefined;
}

export interface DiscoveryDocuments {
  /** /api */
  apiVersions(): object;
  /** /apis */
  groupList(): object;
  /** /apis/<group> */
  group(group: string): object | undefined;
  /** /api/<version> and /apis/<group>/<version> */
  resources(group: string, version: string): object | undefined;
  aggregated(part: "core" | "groups", version: "v2" | "v2beta1"): AggregatedDocument;
}

/** `address`: host and port that clients reach the server at. */
export function discoveryDocuments(served: Served, address: () => string): DiscoveryDocuments {
  const aggregates = new Map<string, AggregatedDocument>();
  const groups = [...served.keys()].filter((group) => group !== "").sort(byGroup);
  return {
    apiVersions: () => ({
      kind: "APIVersions",
      versions: sortedVersions(served.get("")),
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address() }],
    }),
    groupList: () => ({
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groups.map((group) => groupDocument(group, served)),
    }),
    group: (group) =>
      served.has(group)
        ? { kind: "APIGroup", apiVersion: "v1", ...groupDocument(group, served) }
        : undefined,
    resources: (group, version) => {
      const found = served.get(group)?.get(version);
      return found === undefined ? undefined : resourceList(found);
    },
    aggregated: (part, version) => {
      const key = `${part}/${version}`;
      const shown = part === "core" ? [""] : groups;
      const known = aggregates.get(key) ?? aggregate(shown, served, version);
      aggregates.set(key, known);
      return known;
    },
  };
}

/** Kubernetes' own order of its groups; others follow by name. */
const groupOrder: readonly string[] = [
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

function byGroup(a: string, b: string): number {
  const left = groupOrder.indexOf(a);
  const right = groupOrder.indexOf(b);
  if (left >= 0 && right >= 0) return left - right;
  if (left >= 0 || right >= 0) return left >= 0 ? -1 : 1;
  return a < b ? -1 : 1;
}

function sortedVersions(versions: ReadonlyMap<string, ServedVersion> | undefined): string[] {
  return [...(versions?.keys() ?? [])].sort(byVersion);
}

/** v2 before v1 before v1beta2 before v1beta1 before v1alpha1. */
function byVersion(a: string, b: string): number {
  const left = versionRank(a);
  const right = versionRank(b);
  for (const [index, rank] of left.entries()) {
    const difference = (right[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : 1;
}

function versionRank(version: string): readonly number[] {
  const [, major = "0", stage, minor = "0"] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const stability = stage === undefined ? 2 : stage === "beta" ? 1 : 0;
  return [stability, Number(major), Number(minor)];
}

function groupDocument(group: string, served: Served): object {
  const versions = sortedVersions(served.get(group)).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

interface Entry {
  readonly name: string;
  readonly [key: string]: unknown;
}

function resourceList({ group, version, resources, reviews }: ServedVersion): object {
  const entries: Entry[] = [];
  for (const definition of resources.values()) entries.push(...resourceEntries(definition));
  for (const review of reviews.values()) entries.push(reviewEntry(review));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const groupVersion = apiVersionOf({ group, version });
  // The core group's list says no apiVersion of its own, as in Kubernetes.
  const head = group === "" ? {} : { apiVersion: "v1" };
  return { kind: "APIResourceList", ...head, groupVersion, resources: entries };
}

function resourceEntries(definition: ResourceDefinition): Entry[] {
  const { plural, singular, scope, kind, verbs, shortNames, categories } = definition;
  const namespaced = scope === "Namespaced";
  const entry: Entry = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: [...verbs].sort(),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(definition.storageVersionHash === ""
      ? {}
      : { storageVersionHash: definition.storageVersionHash }),
  };
  const below = definition.subresources.map((subresource) => {
    const response = responseKind(subresource, definition);
    const other = response.group !== definition.group || response.version !== definition.version;
    return {
      name: `${plural}/${subresource.name}`,
      singularName: "",
      namespaced,
      ...(other ? { group: response.group, version: response.version } : {}),
      kind: response.kind,
      verbs: verbsOf(subresource),
    };
  });
  return [entry, ...below];
}

function reviewEntry({ plural, singular, scope, kind }: Review): Entry {
  const namespaced = scope === "Namespaced";
  return { name: plural, singularName: singular, namespaced, kind, verbs: ["create"] };
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function responseKind(subresource: Subresource<KubeObject>, definition: Kind): Kind {
  const { group, version } = definition;
  if (subresource.type === "scale") return { group: "autoscaling", version: "v1", kind: "Scale" };
  if (subresource.type === "connect") return { group, version, kind: subresource.kind };
  if (subresource.type === "part") return { group, version, kind: definition.kind };
  return { group: subresource.group, version: subresource.version, kind: subresource.kind };
}

function verbsOf(subresource: Subresource<KubeObject>): string[] {
  if (subresource.type === "action") return ["create"];
  if (subresource.type === "connect") {
    if (subresource.name === "log") return ["get"];
    if (subresource.name === "proxy") return ["create", "delete", "get", "patch", "update"];
    return ["create", "get"];
  }
  return Object.values(subresourceVerbs(subresource)).sort();
}

function aggregate(
  groups: readonly string[],
  served: Served,
  version: "v2" | "v2beta1",
): AggregatedDocument {
  const document = {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => groupDiscovery(group, served)),
  };
  const json = Buffer.from(`${JSON.stringify(document)}\n`);
  const hash = createHash("sha512").update(json).digest("hex").toUpperCase();
  let packed: Uint8Array | undefined;
  const protobuf = () => (packed ??= encodeList(document));
  return { json, etag: `"${hash}"`, protobuf: version === "v2" ? protobuf : () => undefined };
}

function encodeList({ apiVersion, kind, ...list }: { apiVersion: string; kind: string }) {
  const message = codecOf<object>("k8s.apidiscovery.v2.APIGroupDiscoveryList").encode(list);
  return encodeUnknown({ apiVersion, kind }, message);
}

function groupDiscovery(group: string, served: Served): object {
  const versions = sortedVersions(served.get(group)).map((version) => {
    const found = served.get(group)?.get(version);
    return {
      version,
      resources: found === undefined ? [] : discoveryEntries(found),
      freshness: "Current",
    };
  });
  return { metadata: group === "" ? {} : { name: group }, versions };
}

function discoveryEntries({ group, version, resources, reviews }: ServedVersion): object[] {
  const entries: { resource: string }[] = [];
  for (const definition of resources.values()) entries.push(discoveryEntry(definition));
  for (const { plural, singular, scope, kind } of reviews.values()) {
    entries.push({
      resource: plural,
      responseKind: { group, version, kind },
      scope,
      singularResource: singular,
      verbs: ["create"],
    } as { resource: string });
  }
  return entries.sort((a, b) => (a.resource < b.resource ? -1 : 1));
}

function discoveryEntry(definition: ResourceDefinition): { resource: string } {
  const { group, version, kind, plural, singular, scope, verbs } = definition;
  const { shortNames, categories } = definition;
  const subresources = definition.subresources
    .map((subresource) => ({
      subresource: subresource.name,
      responseKind: responseKind(subresource, definition),
      verbs: verbsOf(subresource),
    }))
    .sort((a, b) => (a.subresource < b.subresource ? -1 : 1));
  const entry = {
    resource: plural,
    responseKind: { group, version, kind },
    scope,
    singularResource: singular,
    verbs: [...verbs].sort(),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
  return entry;
}
