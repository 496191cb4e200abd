/** Caches and writes of the garbage collector; it follows every resource that can be deleted. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { hasReason } from "#libs/api/errors.ts";
import { resources } from "#libs/api/index.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { controller, type Enqueue, type Seen, seenBy } from "#libs/controller/controller.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { OwnerReference } from "#proto/gen/k8s/meta/v1.ts";
import {
  type Action,
  foregroundFinalizer,
  type Observed,
  type Owner,
  reconcile,
} from "./decide.ts";
import { Graph, type GraphNode } from "./graph.ts";

interface Parts {
  readonly client: Client;
  readonly graph: Graph;
  readonly informers: ReadonlyMap<ResourceDefinition, Informer<KubeObject>>;
  enqueue: Enqueue;
}

/** Kubernetes leaves these alone too: they own nothing, and there are many. */
const ignored: ReadonlySet<string> = new Set(["events"]);

/** Resources that take part, one for each stored kind. */
function collectable(): ResourceDefinition[] {
  return resources.filter(
    ({ verbs, storedAs, plural }) =>
      !storedAs && !ignored.has(plural) && verbs.includes("watch") && verbs.includes("delete"),
  );
}

/** The root machine of the garbage collector; keys are those of the graph. */
export function garbageCollectorMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:generic-garbage-collector";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const informers = new Map(
    collectable().map((resource) => [resource, sharedInformer(host, resource)] as const),
  );
  const parts: Parts = { client, graph: new Graph(), informers, enqueue: () => undefined };
  return controller<Observed, Action>({
    host,
    informers: [...informers.values()],
    watch(enqueue) {
      parts.enqueue = enqueue;
      return [...informers].map(([resource, informer]) =>
        informer.listen(({ type, object }) => {
          if (type === "deleted") onDeleted(parts, resource, object);
          else onPresent(parts, resource, object);
        }),
      );
    },
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action, key) => apply(parts, action, key),
    isParallel: ({ type }) => type === "OrphanDependent" || type === "Visit",
  });
}

function onPresent(parts: Parts, resource: ResourceDefinition, object: KubeObject): void {
  const { key } = parts.graph.put(resource, object);
  const { deletionTimestamp, ownerReferences = [], finalizers = [] } = object.metadata ?? {};
  const isWaiting = deletionTimestamp !== undefined && finalizers.length > 0;
  if (isWaiting || ownerReferences.length > 0) parts.enqueue(key);
}

function onDeleted({ graph, enqueue }: Parts, resource: ResourceDefinition, object: KubeObject) {
  graph.remove(resource, object);
  for (const dependent of graph.dependentsOf(object.metadata?.uid ?? "")) enqueue(dependent.key);
  // An owner that is deleted in the foreground may have waited for this one.
  for (const { uid = "" } of object.metadata?.ownerReferences ?? []) {
    const owner = graph.byUid(uid);
    if (owner?.object.metadata?.deletionTimestamp !== undefined) enqueue(owner.key);
  }
}

async function observe(parts: Parts, key: string): Promise<Observed | undefined> {
  const node = parts.graph.get(key);
  if (!node) return undefined;
  const references = node.object.metadata?.ownerReferences ?? [];
  const owners = await Promise.all(
    references.map(async (reference): Promise<Owner> => ({
      reference,
      state: await ownerState(parts, node, reference),
    })),
  );
  const dependents = parts.graph.dependentsOf(node.uid);
  return { object: node.object, owners, dependents };
}

async function ownerState(
  parts: Parts,
  dependent: GraphNode,
  reference: OwnerReference,
): Promise<Owner["state"]> {
  const known = parts.graph.byUid(reference.uid ?? "");
  if (known && canOwn(known, dependent)) return stateOf(known.object);
  return askForOwner(parts, dependent, reference);
}

/** An owner stands in the dependent's namespace, or in none. */
const canOwn = (owner: GraphNode, dependent: GraphNode) =>
  owner.namespace === "" || owner.namespace === dependent.namespace;

function stateOf({ metadata }: KubeObject): Owner["state"] {
  const isWaiting =
    metadata?.deletionTimestamp !== undefined &&
    metadata.finalizers?.includes(foregroundFinalizer) === true;
  return isWaiting ? "waiting" : "present";
}

/** The caches do not show it: only the API server can say that it is gone. */
async function askForOwner(
  { client, informers }: Parts,
  dependent: GraphNode,
  { apiVersion = "", kind = "", name = "", uid }: OwnerReference,
): Promise<Owner["state"]> {
  const resource = [...informers.keys()].find(
    (candidate) => candidate.kind === kind && apiVersionOf(candidate) === apiVersion,
  );
  // A kind that is not served here can be judged by nobody: leave the dependent alone.
  if (!resource) return "present";
  const namespace = resource.scope === "Namespaced" ? dependent.namespace : "";
  if (resource.scope === "Namespaced" && namespace === "") return "absent";
  try {
    const owner = await client.get(resource, { namespace, name });
    return owner.metadata?.uid === uid ? stateOf(owner) : "absent";
  } catch (error) {
    if (hasReason(error, "NotFound")) return "absent";
    throw error;
  }
}

async function apply(parts: Parts, action: Action, key: string): Promise<Seen | void> {
  const node = parts.graph.get(key);
  if (!node) return undefined;
  try {
    switch (action.type) {
      case "Visit":
        parts.enqueue(action.key);
        return undefined;
      case "DeleteObject":
        return await deleteNode(parts, node, action.policy);
      case "DropOwners":
        return await dropOwners(parts, node, action.uids);
      case "OrphanDependent": {
        const dependent = parts.graph.get(action.key);
        return dependent ? await dropOwners(parts, dependent, [node.uid]) : undefined;
      }
      case "DropFinalizer":
        return await dropFinalizer(parts, node, action.finalizer);
    }
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}

const seen = (
  { informers }: Parts,
  { resource }: GraphNode,
  revision: number,
): Seen | undefined => {
  const informer = informers.get(resource);
  return informer && seenBy(informer, revision);
};

async function deleteNode(
  parts: Parts,
  node: GraphNode,
  propagationPolicy: "Background" | "Foreground" | "Orphan",
): Promise<Seen | undefined> {
  const { uid, namespace, name, resource, object } = node;
  const resourceVersion = object.metadata?.resourceVersion ?? "";
  const choices = { uid, propagationPolicy, ...(resourceVersion ? { resourceVersion } : {}) };
  const { revision } = await parts.client.delete(resource, { namespace, name }, choices);
  return seen(parts, node, revision);
}

/** The resourceVersion in the patches refuses what was decided on an older version. */
async function dropOwners(
  parts: Parts,
  node: GraphNode,
  uids: readonly string[],
): Promise<Seen | undefined> {
  const { uid, resourceVersion, ownerReferences = [] } = node.object.metadata ?? {};
  const kept = ownerReferences.filter((reference) => !uids.includes(reference.uid ?? ""));
  const patch = { metadata: { uid, resourceVersion, ownerReferences: kept } };
  return patchNode(parts, node, patch);
}

async function dropFinalizer(
  parts: Parts,
  node: GraphNode,
  finalizer: string,
): Promise<Seen | undefined> {
  const { uid, resourceVersion, finalizers = [] } = node.object.metadata ?? {};
  const kept = finalizers.filter((name) => name !== finalizer);
  return patchNode(parts, node, { metadata: { uid, resourceVersion, finalizers: kept } });
}

async function patchNode(parts: Parts, node: GraphNode, patch: unknown): Promise<Seen | undefined> {
  const { resource, namespace, name } = node;
  const { revision } = await parts.client.patch(resource, { namespace, name }, mergePatch, patch);
  return seen(parts, node, revision);
}
