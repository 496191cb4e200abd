/**
 * The recorded answers of a real API server (../shared/golden), replayed on the definitions alone:
 * defaults, preparation, validation and warnings, without a server around them. What is generic
 * (paths, versions, patches other than merge patches) is replayed against the whole server.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { allocateService, holdingsOf } from "./core/v1/services/allocation.ts";
import { aggregateText, type FieldError } from "./errors.ts";
import { resources } from "./index.ts";
import { validateMetadata, validateMetadataUpdate } from "./metadata/validate.ts";
import type { KubeObject, RequestFacts, ResourceDefinition, Verb } from "./resource.ts";
import { rangeOf } from "./validation/addresses.ts";

const folder = resolve(import.meta.dirname, "../../../shared/golden");
const isThere = existsSync(folder);

interface Step {
  readonly req: {
    readonly method?: string;
    readonly path: string;
    readonly type?: string;
    readonly body?: KubeObject;
    readonly ignore?: readonly string[];
  };
  readonly res: {
    readonly status: number;
    readonly warning?: string;
    readonly body?: KubeObject & { message?: string; rows?: readonly { cells?: unknown[] }[] };
  };
}

interface Scenario {
  readonly id: string;
  readonly steps: readonly Step[];
}

/** Resources whose scenarios are replayed here, by the part of the id that names them. */
const replayed: readonly (readonly [file: string, prefix: string])[] = [
  ["core", "core/configmap/"],
  ["core", "core/secret/"],
  ["core", "core/serviceaccount/create"],
  ["core", "core/serviceaccount/validate"],
  ["core", "core/namespace/"],
  ["core", "core/service/"],
  ["core", "core/endpoints/"],
  ["core", "core/event/"],
  ["core", "core/limitrange/validate"],
  ["core", "core/resourcequota/validate"],
  ["core", "core/resourcequota/update"],
  ["core", "core/resourcequota/status"],
  ["core", "core/persistentvolume/"],
  ["core", "core/persistentvolumeclaim/create"],
  ["core", "core/persistentvolumeclaim/validate"],
  ["core", "core/persistentvolumeclaim/data-source"],
  ["core", "core/podtemplate/"],
  ["groups", "policy/"],
  ["groups", "scheduling/"],
  ["groups", "coordination/"],
  ["groups", "discovery/"],
  ["groups", "events/"],
  ["groups", "apps/"],
  ["groups", "rbac/"],
  ["groups", "batch/"],
  ["groups", "networking/"],
  ["groups", "autoscaling/"],
  ["groups", "certificates/"],
];

/** What controllers write is not the definitions' to say. */
const isByDefinition = ({ id }: Scenario): boolean => !id.includes("/controller/");

function scenarios(): Scenario[] {
  if (!isThere) return [];
  return replayed.flatMap(([file, prefix]) =>
    readFileSync(resolve(folder, `${file}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`{"id":"${prefix}`))
      .map((line) => JSON.parse(line) as Scenario)
      .filter(isByDefinition),
  );
}

const network = {
  range: rangeOf("10.96.0.0/16"),
  nodePortMin: 30_000,
  nodePortMax: 32_767,
};

/** What a server warns of: the resource itself, then what stands in the object. */
const warningsOf = (
  definition: ResourceDefinition,
  object: KubeObject,
  old: KubeObject | undefined,
): string[] => [
  ...(definition.deprecated === undefined ? [] : [definition.deprecated]),
  ...(definition.warnings?.(object, old) ?? []),
];

/** Objects by path, and what the definitions make of requests. */
class Replay {
  readonly #objects = new Map<string, KubeObject>();

  /** Errors, warnings and the object after one request; undefined for what is not replayed. */
  run({ req }: Step): Answer | undefined {
    const target = targetOf(req.path);
    const { method = "GET", body = {} } = req;
    if (target === undefined) return undefined;
    const { definition, name, subresource } = target;
    if (method === "POST" && subresource === "") return this.#create(target, body);
    const part = definition.subresources.find((one) => one.name === subresource);
    if (subresource !== "" && part?.type !== "part") return undefined;
    const key = keyOf(definition, name);
    const stored = this.#objects.get(key);
    const old = stored && this.#as(definition, stored);
    if (old === undefined) return undefined;
    if (method === "GET") return { object: old, errors: [], warnings: [] };
    const isMerge = req.type === "application/merge-patch+json";
    if (method === "PATCH" && isMerge) {
      return this.#update(target, key, mergePatch(old, body) as KubeObject, old);
    }
    if (method === "PUT") return this.#update(target, key, structuredClone(body), old);
    return undefined;
  }

  #create({ definition, namespace }: Target, body: KubeObject): Answer {
    const draft = structuredClone(body);
    placeIn(definition, draft, namespace);
    const { generateName } = draft.metadata ?? {};
    definition.defaults?.(draft);
    const request = facts("create");
    if (generateName) draft.metadata = { name: `${generateName}x`, ...draft.metadata };
    draft.metadata = {
      ...draft.metadata,
      uid,
      creationTimestamp: new Date(createdAt).toISOString(),
    };
    definition.prepareForCreate?.(draft, request);
    const refused = this.#allocate(definition, draft, undefined);
    if (refused.length > 0) return { object: draft, errors: refused, warnings: [] };
    const errors = [
      ...validateMetadata(draft.metadata ?? {}, definition),
      ...definition.validate(draft, request),
    ];
    const warnings = warningsOf(definition, draft, undefined);
    definition.canonicalize?.(draft);
    if (errors.length === 0) this.#store(definition, draft);
    return { object: draft, errors, warnings };
  }

  #update(target: Target, key: string, draft: KubeObject, old: KubeObject): Answer {
    const { definition, subresource, namespace } = target;
    placeIn(definition, draft, namespace);
    definition.defaults?.(draft);
    const { uid, creationTimestamp, generation } = old.metadata ?? {};
    draft.metadata = { ...draft.metadata, uid, creationTimestamp, generation };
    const request = facts("update");
    const part = definition.subresources.find(({ name }) => name === subresource);
    const partOf = part?.type === "part" ? part : undefined;
    const merged = partOf ? partOf.merge(draft, old, request) : draft;
    if (!partOf) definition.prepareForUpdate?.(merged, old, request);
    const refused = partOf ? [] : this.#allocate(definition, merged, this.#objects.get(key));
    if (refused.length > 0) return { object: draft, errors: refused, warnings: [] };
    const own = partOf
      ? (partOf.validateUpdate?.(merged, old, request) ?? [])
      : (definition.validateUpdate?.(merged, old, request) ?? definition.validate(merged, request));
    const errors = [...validateMetadataUpdate(merged.metadata ?? {}, old.metadata ?? {}), ...own];
    const warnings = warningsOf(definition, merged, old);
    definition.canonicalize?.(merged);
    if (errors.length === 0) this.#store(definition, merged);
    return { object: merged, errors, warnings };
  }

  #allocate(
    { kind }: ResourceDefinition,
    draft: KubeObject,
    old: KubeObject | undefined,
  ): FieldError[] {
    if (kind !== "Service") return [];
    const others = [...this.#objects.values()]
      .filter(({ kind: other }) => other === "Service")
      .filter(({ metadata }) => metadata?.name !== old?.metadata?.name)
      .map((object) => holdingsOf(object as Service));
    const held = {
      ips: new Set(others.flatMap(({ ips }) => [...ips])),
      nodePorts: new Set(others.flatMap(({ nodePorts }) => [...nodePorts])),
    };
    return allocateService(draft as Service, old, network, { held, random: () => 0.5 });
  }

  #store(definition: ResourceDefinition, object: KubeObject): void {
    const stored = definition.storedAs?.toStored(object) ?? object;
    stored.metadata = { ...stored.metadata, uid };
    this.#objects.set(keyOf(definition, object.metadata?.name ?? ""), stored);
  }

  #as(definition: ResourceDefinition, stored: KubeObject): KubeObject {
    return structuredClone(definition.storedAs?.fromStored(stored) ?? stored);
  }
}

interface Answer {
  readonly object: KubeObject;
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

interface Target {
  readonly definition: ResourceDefinition;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

function targetOf(path: string): Target | undefined {
  const [bare = "", query = ""] = path.split("?");
  if (query !== "" && query !== "includeObject=None") return undefined;
  const [, api, ...rest] = bare.split("/");
  const group = api === "api" ? "" : (rest.shift() ?? "");
  const [version, ...parts] = rest;
  const isNamespaced = parts[0] === "namespaces" && parts.length > 2 && !isPart(parts[2] ?? "");
  const [plural, name = "", subresource = ""] = isNamespaced ? parts.slice(2) : parts;
  const definition = resources.find(
    (one) => one.group === group && one.version === version && one.plural === plural,
  );
  const namespace = isNamespaced ? (parts[1] ?? "") : "";
  return definition && { definition, namespace, name, subresource };
}

const isPart = (segment: string) => segment === "status" || segment === "finalize";
const keyOf = ({ kind }: ResourceDefinition, name: string) => `${kind} ${name}`;

function placeIn(
  { kind, group, version }: ResourceDefinition,
  draft: KubeObject,
  namespace: string,
): void {
  draft.kind = kind;
  draft.apiVersion = group === "" ? version : `${group}/${version}`;
  if (namespace !== "") draft.metadata = { namespace, ...draft.metadata };
}

/** Stands for the scenario's own namespace. */
const namespaceName = "golden-1";

/** Of every object, where the recordings have a placeholder. */
const uid = "u-1";

/** Rows are recorded when an object is one second old. */
const createdAt = 0;
const shownAt = 1_000;

const facts = (verb: Verb): RequestFacts => ({
  now: 0,
  verb,
  subresource: "",
  user: "admin",
  uid: "uid",
  groups: ["system:masters", "system:authenticated"],
  uuid: () => "u",
});

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged = { ...(typeof target === "object" ? target : {}) } as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Without what is empty and what the server's generic part adds. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.filter((item) => !protections.test(String(item))).map(bare);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const kept = Object.entries(value)
    .filter(([key]) => !generic.has(key))
    .map(([key, item]) => [key, bare(item)] as const)
    .filter(([, item]) => ![undefined, "", false, 0].includes(item as undefined));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const generic = new Set([
  ...["creationTimestamp", "managedFields", "resourceVersion", "uid"],
  // Counted by the registry, unless the definition does so itself; then its own tests tell.
  "generation",
]);
/** Added by admission. */
const protections = /^kubernetes\.io\/pvc?-protection$/;

/** Placeholders of the recording stand for any value. */
function blank(value: unknown, recorded: unknown): unknown {
  if (typeof recorded === "string" && /<.*>/.test(recorded)) return recorded;
  if (typeof value !== "object" || value === null) return value;
  if (typeof recorded !== "object" || recorded === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => blank(item, (recorded as [])[at]));
  const other = recorded as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, blank(item, other[key])]),
  );
}

const warningHeader = (texts: readonly string[]) =>
  texts.map((text) => `299 - ${JSON.stringify(text)}`).join(", ");

const shownTime = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

function check(step: Step, { object, errors, warnings }: Answer): void {
  const { status, body, warning = "" } = step.res;
  const isRead = (step.req.method ?? "GET") === "GET";
  // A refused object is not warned about.
  if (!isRead && status !== 422) expect(warningHeader(warnings)).toBe(warning);
  if (status === 422) {
    const { message = "" } = body ?? {};
    const text = aggregateText(errors).replace(shownTime, "<time>");
    expect(message.replace(/^.*? is invalid: /s, "")).toBe(text);
    return;
  }
  expect(errors).toEqual([]);
  if (body?.rows !== undefined) {
    const { printColumns } = targetOf(step.req.path)?.definition ?? {};
    const cells = printColumns?.map((column) => column.cell(object, shownAt));
    expect([cells]).toEqual(body.rows.map((row) => row.cells));
    return;
  }
  const ignored = (step.req.ignore ?? []).map((path) => path.split(".")[0]);
  if (body === undefined || ignored.length > 0 || body.kind !== object.kind) return;
  const expected = bare(body);
  expect(blank(bare(object), expected)).toEqual(expected);
}

/** A step that only the whole server can answer. */
function isGeneric({ req, res }: Step): boolean {
  if (![200, 201, 422].includes(res.status)) return true;
  if (req.method === "DELETE" || typeof req.body === "string") return true;
  // Of tables, one row's cells are the definition's.
  if (res.warning?.includes("unknown field")) return true;
  if ("accept" in req) return res.body?.rows?.[0]?.cells === undefined;
  const message = res.body?.message;
  if (res.status !== 422) return false;
  return !message?.includes(" is invalid: ") || message.includes("metadata.resourceVersion");
}

if (!isThere) console.log(`golden scenarios are left out: there is no ${folder}`);

/** Fewer mean that requests are no longer understood rather than answered rightly. */
const checkedMin = 150;

describe.skipIf(!isThere)("recorded answers", () => {
  let checked = 0;
  afterAll(() => {
    if (checked < checkedMin) throw new Error(`only ${checked} answers were compared`);
  });

  it.each(scenarios())("$id", ({ steps }) => {
    const replay = new Replay();
    const prepared = JSON.parse(
      JSON.stringify(steps).replaceAll("$NS", namespaceName).replaceAll("<uid>", uid),
    ) as Step[];
    for (const step of prepared) {
      if (step.req.method === "DELETE") break;
      if (isGeneric(step)) continue;
      const answer = replay.run(step);
      if (answer === undefined) continue;
      check(step, answer);
      checked += 1;
    }
  });
});
