/** Caches and writes of a controller that keeps a number of pods: ReplicaSets and their elders. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason, StatusError } from "#libs/api/errors.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { matchesSelector, type Selector } from "#libs/api/selectors.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import { controller, type Enqueue, type Seen, seenBy } from "#libs/controller/controller.ts";
import {
  adoptPatch,
  controllerOf,
  controllerReference,
  controllerUid,
  releasePatch,
} from "#libs/controller/ownership.ts";
import { isActive } from "#libs/controller/pods.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { ReplicaSetStatus } from "#proto/gen/k8s/apps/v1.ts";
import type { Pod, PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Observed, reconcile, type ReplicaSetView } from "./decide.ts";
import type { StatusFacts } from "./status.ts";

/** How a kind of pod-keeping object looks to this controller. */
export interface PodKeeper<T extends KubeObject> {
  readonly resource: ResourceDefinition<T>;
  /** Client name of the controller: `replicaset-controller`. */
  readonly name: string;
  readonly view: (object: T) => ReplicaSetView;
  readonly selector: (object: T) => Selector;
}

interface Parts<T extends KubeObject> {
  readonly host: Host;
  readonly keeper: PodKeeper<T>;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly sets: Informer<T>;
  readonly podCache: Informer<Pod>;
  readonly failures: Map<string, NonNullable<StatusFacts["failure"]>>;
}

/** Pods by the uid of their controller, and those without one by namespace. */
const byController = "controller";
const orphansByNamespace = "orphans";

const orphanNamespace = (pod: Pod): readonly string[] =>
  controllerOf(pod) ? [] : [pod.metadata?.namespace ?? ""];

/** The root machine of a controller that keeps pods for one kind. */
export function podKeepingController<T extends KubeObject>(
  host: Host,
  keeper: PodKeeper<T>,
): Assembled {
  const user = `system:serviceaccount:kube-system:${keeper.name}`;
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const sets = sharedInformer(host, keeper.resource);
  const podCache = sharedInformer(host, pods);
  podCache.addIndex(byController, controllerUid);
  podCache.addIndex(orphansByNamespace, orphanNamespace);
  const recorder = eventRecorder(host, client, keeper.name);
  const parts = { host, keeper, client, recorder, sets, podCache, failures: new Map() };
  return controller<Observed, Action>({
    host,
    informers: [sets, podCache],
    watch: (enqueue) => watch(parts, enqueue),
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action, key) => apply(parts, action, key),
    isParallel: ({ type }) => type === "CreatePod" || type === "DeletePod",
  });
}

function watch<T extends KubeObject>(parts: Parts<T>, enqueue: Enqueue) {
  const { sets, podCache, keeper } = parts;
  const enqueueOwners = (pod: Pod) => {
    const reference = controllerOf(pod);
    const namespace = pod.metadata?.namespace ?? "";
    if (reference) {
      if (reference.kind !== keeper.resource.kind) return;
      enqueue(`${namespace}/${reference.name}`);
      return;
    }
    for (const set of sets.values()) {
      if (set.metadata?.namespace !== namespace) continue;
      if (matchesSelector(keeper.selector(set), pod.metadata?.labels ?? {})) enqueue(keyOf(set));
    }
  };
  return [
    sets.listen(({ object }) => enqueue(keyOf(object))),
    podCache.listen((notice) => {
      enqueueOwners(notice.object);
      if (notice.type !== "updated") return;
      const moved = controllerOf(notice.old)?.uid !== controllerOf(notice.object)?.uid;
      if (moved) enqueueOwners(notice.old);
    }),
  ];
}

function observe<T extends KubeObject>(parts: Parts<T>, key: string): Observed | undefined {
  const { keeper, sets, podCache, host, failures } = parts;
  const object = sets.get(key);
  if (!object) {
    failures.delete(key);
    return undefined;
  }
  const selector = keeper.selector(object);
  const { uid = "", namespace = "" } = object.metadata ?? {};
  const matches = (pod: Pod) => matchesSelector(selector, pod.metadata?.labels ?? {});
  const candidates = [];
  for (const pod of podCache.byIndex(byController, uid)) {
    candidates.push({ pod, matches: matches(pod) });
  }
  for (const pod of podCache.byIndex(orphansByNamespace, namespace)) {
    if (matches(pod) && isActive(pod)) candidates.push({ pod, matches: true });
  }
  const nodeCounts = countByNode(relatedPods(parts, object));
  const set = keeper.view(object);
  return { set, candidates, nodeCounts, failure: failures.get(key), now: host.world.now() };
}

/** Active pods of all sets with the same controller (an old and a new set of one Deployment). */
function* relatedPods<T extends KubeObject>(parts: Parts<T>, object: T): Iterable<Pod> {
  const { sets, podCache } = parts;
  const owner = controllerOf(object)?.uid;
  const siblings = owner === undefined ? [object] : sets.byIndex(byController, owner);
  for (const sibling of siblings) {
    for (const pod of podCache.byIndex(byController, sibling.metadata?.uid ?? "")) {
      if (isActive(pod)) yield pod;
    }
  }
}

function countByNode(pods: Iterable<Pod>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of pods) {
    const node = spec?.nodeName;
    if (node) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

async function apply<T extends KubeObject>(
  parts: Parts<T>,
  action: Action,
  key: string,
): Promise<Seen | void> {
  const owner = parts.sets.get(key);
  if (!owner) return;
  switch (action.type) {
    case "AdoptPod":
      return patchPod(parts, action.pod, adoptPatch(owner, action.pod));
    case "ReleasePod":
      return patchPod(parts, action.pod, releasePatch(owner, action.pod));
    case "CreatePod":
      return createPod(parts, owner, action.template, key);
    case "DeletePod":
      return deletePod(parts, owner, action.pod, key);
    case "UpdateStatus":
      return updateStatus(parts, owner, action.status);
  }
}

async function patchPod<T extends KubeObject>(
  { client, podCache }: Parts<T>,
  pod: Pod,
  patch: unknown,
): Promise<Seen | void> {
  const { namespace = "", name = "" } = pod.metadata ?? {};
  try {
    const { revision } = await client.patch(pods, { namespace, name }, mergePatch, patch);
    return seenBy(podCache, revision);
  } catch (error) {
    // Gone, or replaced by another of the same name: nothing to adopt or release any more.
    if (hasReason(error, "NotFound") || hasReason(error, "Invalid")) return undefined;
    throw error;
  }
}

async function createPod<T extends KubeObject>(
  parts: Parts<T>,
  owner: T,
  { metadata, spec }: PodTemplateSpec,
  key: string,
): Promise<Seen | void> {
  const { client, podCache, recorder, failures } = parts;
  const { namespace = "", name = "" } = owner.metadata ?? {};
  const pod: Pod = {
    metadata: {
      generateName: generateNameFor(name),
      namespace,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ...(metadata?.finalizers ? { finalizers: metadata.finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    ...(spec ? { spec } : {}),
  };
  try {
    const { object, revision } = await client.create(pods, pod);
    failures.delete(key);
    const message = `Created pod: ${object.metadata?.name ?? ""}`;
    recorder.record({ object: owner, type: "Normal", reason: "SuccessfulCreate", message });
    return seenBy(podCache, revision);
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    const text = error instanceof Error ? error.message : String(error);
    failures.set(key, { reason: "FailedCreate", message: text });
    const message = `Error creating: ${text}`;
    recorder.record({ object: owner, type: "Warning", reason: "FailedCreate", message });
    throw error;
  }
}

/** Longest prefix of a generated name that keeps it a valid name: 63 less the 5 random letters. */
const prefixLengthMax = 58;

/** Kubernetes adds the dash only where the name stays valid; generation cuts it to size anyway. */
const generateNameFor = (name: string) => `${name}-`.slice(0, prefixLengthMax);

/** Creating in a namespace on its way out can never succeed; its end also ends the owner. */
function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  const causes = error.status.details?.causes ?? [];
  return causes.some(({ reason }) => reason === "NamespaceTerminating");
}

async function deletePod<T extends KubeObject>(
  { client, podCache, recorder, failures }: Parts<T>,
  owner: T,
  pod: Pod,
  key: string,
): Promise<Seen | void> {
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  try {
    const { revision } = await client.delete(pods, { namespace, name }, { uid });
    const message = `Deleted pod: ${name}`;
    recorder.record({ object: owner, type: "Normal", reason: "SuccessfulDelete", message });
    return seenBy(podCache, revision);
  } catch (error) {
    // Gone, or another pod took its name.
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return undefined;
    const text = error instanceof Error ? error.message : String(error);
    failures.set(key, { reason: "FailedDelete", message: text });
    throw error;
  }
}

async function updateStatus<T extends KubeObject>(
  { client, keeper, sets }: Parts<T>,
  owner: T,
  status: ReplicaSetStatus,
): Promise<Seen | void> {
  const { revision } = await client.update(keeper.resource, { ...owner, status }, "status");
  return seenBy(sets, revision);
}
