/**
 * Answers of a real Kubernetes to requests about pods, nodes and what replicates pods, against the
 * definitions alone: defaults, preparation, validation, warnings. The whole server is replayed in
 * test/golden.
 */
import { applyPatch, type Operation } from "fast-json-patch";
import { expect, test } from "vitest";
import { goldenScenarios, type GoldenStep } from "#libs/testing/golden.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { deployments } from "../apps/v1/deployments.ts";
import { replicasets } from "../apps/v1/replicasets.ts";
import { nodes } from "../core/v1/nodes.ts";
import { pods } from "../core/v1/pods.ts";
import { podtemplates } from "../core/v1/podtemplates.ts";
import { replicationcontrollers } from "../core/v1/replicationcontrollers.ts";
import { statusCauses, type FieldError } from "../errors.ts";
import { validateMetadata, validateMetadataUpdate } from "../metadata/validate.ts";
import type { KubeObject, RequestFacts, ResourceDefinition } from "../resource.ts";

const definitions = [
  pods,
  nodes,
  replicationcontrollers,
  podtemplates,
  deployments,
  replicasets,
].map((definition) => definition as unknown as ResourceDefinition);

const facts: RequestFacts = {
  now: 0,
  verb: "create",
  subresource: "",
  user: "golden",
  uuid: () => "uid",
};

interface Answer {
  readonly object: KubeObject;
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

interface Target {
  readonly definition: ResourceDefinition;
  readonly name: string;
  readonly subresource: string;
}

function targetOf(path: string): Target | undefined {
  const [bare = ""] = path.split("?");
  const parts = bare.replace(/^\/(api\/v1|apis\/[^/]+\/v1)\/(namespaces\/[^/]+\/)?/, "").split("/");
  const [plural = "", name = "", subresource = ""] = parts;
  const definition = definitions.find((one) => one.plural === plural);
  return definition && { definition, name, subresource };
}

/** What admission would add to a pod: it is not the matter here. */
function admit(object: KubeObject): void {
  const { spec } = object as Pod;
  if (object.kind !== "Pod" || spec === undefined) return;
  spec.preemptionPolicy ??= "PreemptLowerPriority";
  spec.priority ??= 0;
  for (const key of ["not-ready", "unreachable"]) {
    const toleration = { key: `node.kubernetes.io/${key}`, effect: "NoExecute" };
    if (spec.tolerations?.some((one) => one.key === toleration.key)) continue;
    spec.tolerations ??= [];
    spec.tolerations.push({ ...toleration, operator: "Exists", tolerationSeconds: 300 });
  }
}

function giveAccount({ kind, spec }: Pod): void {
  if (kind !== "Pod" || spec === undefined) return;
  spec.serviceAccountName ||= "default";
  spec.serviceAccount = spec.serviceAccountName;
}

function create(definition: ResourceDefinition, body: unknown): Answer {
  const object = structuredClone(body) as KubeObject;
  object.kind = definition.kind;
  object.metadata ??= {};
  if (definition.scope === "Namespaced") object.metadata.namespace ??= "golden";
  if (object.metadata.generateName) object.metadata.name ??= `${object.metadata.generateName}x`;
  if (definition.countsGeneration) object.metadata.generation = 1;
  definition.defaults?.(object);
  definition.prepareForCreate?.(object, facts);
  admit(object);
  giveAccount(object as Pod);
  const errors = [
    ...validateMetadata(object.metadata, definition),
    ...definition.validate(object, facts),
  ];
  return { object, errors, warnings: definition.warnings?.(object, undefined) ?? [] };
}

function update({ definition, subresource }: Target, body: unknown, old: KubeObject): Answer {
  const given = structuredClone(body) as KubeObject;
  const { uid, creationTimestamp, generation, ...rest } = old.metadata ?? {};
  const { deletionTimestamp, deletionGracePeriodSeconds, namespace } = rest;
  given.metadata = {
    ...given.metadata,
    ...{ uid, creationTimestamp, generation, namespace },
    ...{ deletionTimestamp, deletionGracePeriodSeconds },
  };
  definition.defaults?.(given);
  if (subresource === "") admit(given);
  const part = definition.subresources.find(({ name }) => name === subresource);
  const object = part?.type === "part" ? part.merge(given, old, facts) : given;
  if (part === undefined) definition.prepareForUpdate?.(object, old, facts);
  const own =
    part?.type === "part"
      ? (part.validateUpdate?.(object, old, facts) ?? [])
      : (definition.validateUpdate ?? definition.validate)(object, old as never, facts);
  const metadata = validateMetadataUpdate(object.metadata ?? {}, old.metadata ?? {});
  return {
    object,
    errors: [...metadata, ...metadata, ...own],
    warnings: definition.warnings?.(object, old) ?? [],
  };
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as object | undefined) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** The answer to a step, or undefined where it is the whole server's. */
function answerTo({ req, res }: GoldenStep, stored: Map<string, KubeObject>): Answer | undefined {
  const target = targetOf(req.path);
  const { method = "GET", body, type = "" } = req;
  if (target === undefined || ![200, 201, 422].includes(res.status)) return undefined;
  if (typeof body === "string") return undefined;
  const { definition, name } = target;
  if (req.path.includes("?") && !req.path.endsWith("?dryRun=All")) return undefined;
  if (method === "POST" && name === "") return create(definition, body);
  const old = stored.get(`${definition.plural}/${name}`);
  if (old === undefined || target.subresource === "scale") return undefined;
  if (method === "PUT") return update(target, body, old);
  if (method !== "PATCH") return undefined;
  if (type.startsWith("application/merge-patch")) {
    return update(target, mergePatch(old, body), old);
  }
  if (!type.startsWith("application/json-patch")) return undefined;
  try {
    const patched = applyPatch(structuredClone(old), body as Operation[], true).newDocument;
    return update(target, patched, old);
  } catch {
    return undefined;
  }
}

/** Without what the recording leaves open, what is empty, and what the server alone writes. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value)
    .filter(([key, item]) => !served.has(key) && !isEmpty(item))
    .map(([key, item]) => [key, comparable(item)] as const)
    .filter(([, item]) => !isEmpty(item));
  return Object.fromEntries(kept);
}

const served = new Set([
  ...["uid", "resourceVersion", "creationTimestamp", "managedFields", "lastTransitionTime"],
  ...["deletionTimestamp", "generation", "namespace", "name"],
  ...["startTime", "startedAt", "finishedAt"],
]);

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return true;
  }
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Taints of nodes come from admission too. */
function withoutAdmission(object: KubeObject): KubeObject {
  const { spec, ...rest } = object as { spec?: { taints?: { key?: string }[] } };
  if (spec?.taints === undefined) return object;
  const taints = spec.taints.filter(({ key }) => key !== "node.kubernetes.io/not-ready");
  return { ...rest, spec: { ...spec, taints } } as KubeObject;
}

interface Recorded extends KubeObject {
  readonly details?: { readonly causes?: unknown };
}

function check(step: GoldenStep, { object, errors, warnings }: Answer): void {
  const body = step.res.body as Recorded;
  const { warning = "" } = step.res as { warning?: string };
  if (step.res.status === 422) {
    const given = statusCauses(errors).map(({ field = "", message = "", reason = "" }) => ({
      field,
      message: message.replaceAll("gen-x", "gen-<rand>"),
      reason,
    }));
    expect(given).toEqual(body.details?.causes);
    return;
  }
  expect(errors).toEqual([]);
  if (!warning.includes("unknown field")) {
    const header = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ");
    expect(header).toEqual(warning);
  }
  const { ignore = [] } = step.req as { ignore?: readonly string[] };
  if (ignore.length > 0 || body.kind !== object.kind || warning.includes("unknown field")) return;
  const wanted = comparable(withoutAdmission(body));
  expect(comparable(withoutAdmission(object))).toEqual(wanted);
}

/** Scenarios that are about admission or the machinery of every kind. */
const elsewhere = [
  ...["core/pod/security-admission/", "core/pod/create/service-account-volume"],
  ...["core/pod/create/priority", "core/pod/create/runtime-class"],
  ...["core/pod/create/namespace-mismatch", "core/pod/validate/metadata"],
];

const scenarios = [
  ...["core/pod/", "core/node/", "core/replicationcontroller/", "core/podtemplate/"].map(
    (prefix) => ["core.jsonl", prefix] as const,
  ),
  ...["apps/deployment/", "apps/replicaset/"].map((prefix) => ["groups.jsonl", prefix] as const),
]
  .flatMap(([file, prefix]) => goldenScenarios(file, prefix))
  .filter(({ id }) => !elsewhere.some((prefix) => id.startsWith(prefix)));

/** Fewer mean that requests are no longer understood rather than answered rightly. */
const checkedMin = 200;
let checked = 0;

test("every kind that is replayed has a definition", () => {
  expect(definitions.map(({ kind }) => kind)).toHaveLength(6);
});

test.each(scenarios.map((scenario) => [scenario.id, scenario] as const))("%s", (_, { steps }) => {
  const stored = new Map<string, KubeObject>();
  const prepared = JSON.parse(JSON.stringify(steps).replaceAll("$NS", "golden")) as GoldenStep[];
  for (const step of prepared) {
    const answer = answerTo(step, stored);
    if (answer !== undefined) {
      check(step, answer);
      checked++;
    }
    const target = targetOf(step.req.path);
    const body = step.res.body as KubeObject | undefined;
    if (target === undefined || step.res.status >= 300 || body?.kind !== target.definition.kind) {
      continue;
    }
    const name = body.metadata?.name ?? "";
    stored.set(`${target.definition.plural}/${name}`, structuredClone(body));
  }
});

test.runIf(scenarios.length > 0)("enough requests were understood", () => {
  expect(checked).toBeGreaterThan(checkedMin);
});
