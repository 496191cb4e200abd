/** Caches and writes of the deployment controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { deployments } from "#libs/api/apps/v1/deployments.ts";
import { replicasets } from "#libs/api/apps/v1/replicasets.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import { matchesSelector, selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { apiClient, type Client, type Written } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import { controller, type Enqueue, type Seen, seenBy } from "#libs/controller/controller.ts";
import {
  adoptPatch,
  controllerOf,
  controllerUid,
  releasePatch,
} from "#libs/controller/ownership.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Deployment, ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";
import { nameOf, revisionAnnotation, uidOf } from "./sets.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly deploymentCache: Informer<Deployment>;
  readonly setCache: Informer<ReplicaSet>;
  readonly podCache: Informer<Pod>;
  /** Deployments as this controller wrote them last, until the cache shows them. */
  readonly written: Map<string, Deployment>;
}

const name = "deployment-controller";
const byController = "controller";
const byNamespace = "namespace";

/** The root machine of the deployment controller. */
export function deploymentMachine(host: Host): Assembled {
  const user = `system:serviceaccount:kube-system:${name}`;
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const deploymentCache = sharedInformer(host, deployments);
  const setCache = sharedInformer(host, replicasets);
  const podCache = sharedInformer(host, pods);
  setCache.addIndex(byController, controllerUid);
  setCache.addIndex(byNamespace, ({ metadata }) => [metadata?.namespace ?? ""]);
  podCache.addIndex(byController, controllerUid);
  const recorder = eventRecorder(host, client, name);
  const written = new Map<string, Deployment>();
  const parts = { host, client, recorder, deploymentCache, setCache, podCache, written };
  return controller<Observed, Action>({
    host,
    informers: [deploymentCache, setCache, podCache],
    watch: (enqueue) => watch(parts, enqueue),
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action, key) => apply(parts, action, key),
  });
}

const selectorOf = ({ spec }: Deployment) => selectorOfLabelSelector(spec?.selector);

function watch({ deploymentCache, setCache, podCache }: Parts, enqueue: Enqueue) {
  const enqueueOwners = (set: ReplicaSet) => {
    const reference = controllerOf(set);
    const namespace = set.metadata?.namespace ?? "";
    if (reference) {
      if (reference.kind === "Deployment") enqueue(`${namespace}/${reference.name}`);
      return;
    }
    for (const deployment of deploymentCache.values()) {
      if (deployment.metadata?.namespace !== namespace) continue;
      const matches = matchesSelector(selectorOf(deployment), set.metadata?.labels ?? {});
      if (matches) enqueue(keyOf(deployment));
    }
  };
  return [
    deploymentCache.listen(({ object }) => enqueue(keyOf(object))),
    setCache.listen((notice) => {
      enqueueOwners(notice.object);
      if (notice.type !== "updated") return;
      const moved = controllerOf(notice.old)?.uid !== controllerOf(notice.object)?.uid;
      if (moved) enqueueOwners(notice.old);
    }),
    // Only the end of a pod matters here: a Deployment that recreates waits for it.
    podCache.listen(({ type, object }) => {
      const reference = controllerOf(object);
      if (type !== "deleted" || reference?.kind !== "ReplicaSet") return;
      const set = setCache.get(`${object.metadata?.namespace ?? ""}/${reference.name}`);
      if (set) enqueueOwners(set);
    }),
  ];
}

function observe(parts: Parts, key: string): Observed | undefined {
  const { deploymentCache, setCache, podCache, host } = parts;
  const deployment = deploymentCache.get(key);
  if (!deployment) return undefined;
  const { uid = "", namespace = "" } = deployment.metadata ?? {};
  const selector = selectorOf(deployment);
  const candidates: { set: ReplicaSet; matches: boolean }[] = [];
  const takenNames = new Set<string>();
  for (const set of setCache.byIndex(byNamespace, namespace)) {
    takenNames.add(nameOf(set));
    const owner = controllerOf(set);
    if (owner && owner.uid !== uid) continue;
    const matches = matchesSelector(selector, set.metadata?.labels ?? {});
    if (owner || matches) candidates.push({ set, matches });
  }
  const ownedPods = candidates.flatMap(({ set }) => [
    ...podCache.byIndex(byController, uidOf(set)),
  ]);
  return { deployment, candidates, takenNames, pods: ownedPods, now: host.world.now() };
}

async function apply(parts: Parts, action: Action, key: string): Promise<Seen | void> {
  const { client, setCache, recorder } = parts;
  const deployment = latest(parts, key);
  if (!deployment) return undefined;
  switch (action.type) {
    case "AdoptSet":
      return patchSet(parts, action.set, adoptPatch(deployment, action.set));
    case "ReleaseSet":
      return patchSet(parts, action.set, releasePatch(deployment, action.set));
    case "CreateSet":
      return seenBy(setCache, (await client.create(replicasets, action.set)).revision);
    case "UpdateSet":
      return seenBy(setCache, (await client.update(replicasets, action.set)).revision);
    case "DeleteSet":
      return deleteSet(parts, action.set);
    case "UpdateRevision": {
      const annotations = { [revisionAnnotation]: String(action.revision) };
      const patch = { metadata: { annotations } };
      const named = { namespace: deployment.metadata?.namespace ?? "", name: nameOf(deployment) };
      // Through status: an annotation that comes by the front door counts as a generation.
      const written = await client.patch(deployments, named, mergePatch, patch, "status");
      return wrote(parts, key, written);
    }
    case "UpdateStatus": {
      const next = { ...deployment, status: action.status };
      return wrote(parts, key, await client.update(deployments, next, "status"));
    }
    case "RecordEvent": {
      const { reason, message } = action;
      recorder.record({ object: deployment, type: "Normal", reason, message });
      return undefined;
    }
  }
}

const versionOf = (deployment: Deployment | undefined) =>
  Number(deployment?.metadata?.resourceVersion ?? 0);

/** The Deployment as the cache shows it, or as it was written since. */
function latest(parts: Parts, key: string): Deployment | undefined {
  const cached = parts.deploymentCache.get(key);
  const own = parts.written.get(key);
  return cached && versionOf(own) > versionOf(cached) ? own : cached;
}

function wrote(parts: Parts, key: string, { object, revision }: Written<Deployment>): Seen {
  parts.written.set(key, object);
  return async () => {
    await parts.deploymentCache.untilRevision(revision);
    parts.written.delete(key);
  };
}

async function patchSet(
  { client, setCache }: Parts,
  set: ReplicaSet,
  patch: unknown,
): Promise<Seen | void> {
  const named = { namespace: set.metadata?.namespace ?? "", name: nameOf(set) };
  try {
    const { revision } = await client.patch(replicasets, named, mergePatch, patch);
    return seenBy(setCache, revision);
  } catch (error) {
    // Gone, or replaced by another of the same name.
    if (hasReason(error, "NotFound") || hasReason(error, "Invalid")) return undefined;
    throw error;
  }
}

async function deleteSet({ client, setCache }: Parts, set: ReplicaSet): Promise<Seen | void> {
  const named = { namespace: set.metadata?.namespace ?? "", name: nameOf(set) };
  try {
    const { revision } = await client.delete(replicasets, named, { uid: uidOf(set) });
    return seenBy(setCache, revision);
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return undefined;
    throw error;
  }
}
