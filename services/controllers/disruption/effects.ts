/** Caches and writes of the disruption controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { deployments } from "#libs/api/apps/v1/deployments.ts";
import { replicasets } from "#libs/api/apps/v1/replicasets.ts";
import { statefulsets } from "#libs/api/apps/v1/statefulsets.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { replicationcontrollers } from "#libs/api/core/v1/replicationcontrollers.ts";
import { hasReason } from "#libs/api/errors.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import { poddisruptionbudgets } from "#libs/api/policy/v1/poddisruptionbudgets.ts";
import { matchesSelector, selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import { isFinished } from "#libs/controller/pods.ts";
import { keyOf, splitKey } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { PodDisruptionBudget } from "#proto/gen/k8s/policy/v1.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";
import { expectedPods, type Scaled } from "./scale.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly budgets: Informer<PodDisruptionBudget>;
  readonly podCache: Informer<Pod>;
  /** By kind. */
  readonly owners: ReadonlyMap<string, Informer<Scaled>>;
  readonly recorder: Recorder;
}

const byNamespace = "namespace";

/** The root machine; keys are budgets. */
export function disruptionMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:disruption-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const owners = new Map<string, Informer<Scaled>>();
  for (const resource of [deployments, replicasets, statefulsets, replicationcontrollers]) {
    owners.set(resource.kind, sharedInformer(host, resource) as unknown as Informer<Scaled>);
  }
  const parts: Parts = {
    host,
    client,
    budgets: sharedInformer(host, poddisruptionbudgets),
    podCache: sharedInformer(host, pods),
    owners,
    recorder: eventRecorder(host, client, "controllermanager"),
  };
  const namespaceOf = ({ metadata }: Pod | PodDisruptionBudget) => [metadata?.namespace ?? ""];
  parts.budgets.addIndex(byNamespace, namespaceOf);
  parts.podCache.addIndex(byNamespace, namespaceOf);
  return controller<Observed, Action>({
    host,
    informers: [parts.budgets, parts.podCache, ...owners.values()],
    watch: (enqueue) => {
      const enqueueIn = (namespace: string, test: (one: PodDisruptionBudget) => boolean) => {
        for (const budget of parts.budgets.byIndex(byNamespace, namespace)) {
          if (test(budget)) enqueue(keyOf(budget));
        }
      };
      return [
        parts.budgets.listen(({ object }) => enqueue(keyOf(object))),
        parts.podCache.listen((notice) => {
          const { object } = notice;
          const old = notice.type === "updated" ? notice.old : object;
          const namespace = object.metadata?.namespace ?? "";
          enqueueIn(namespace, (budget) => picks(budget, object) || picks(budget, old));
        }),
        ...[...owners.values()].map((informer) =>
          informer.listen(({ object }) => enqueueIn(object.metadata?.namespace ?? "", () => true)),
        ),
      ];
    },
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action, key) => apply(parts, action, key),
  });
}

/** An empty selector picks every pod, no selector none. */
const picks = ({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean =>
  spec?.selector !== undefined &&
  matchesSelector(selectorOfLabelSelector(spec.selector), metadata?.labels);

function observe(parts: Parts, key: string): Observed | undefined {
  const budget = parts.budgets.get(key);
  if (!budget || budget.metadata?.deletionTimestamp !== undefined) return undefined;
  const { namespace = "" } = budget.metadata ?? {};
  const selected = [...parts.podCache.byIndex(byNamespace, namespace)].filter(
    (pod) => picks(budget, pod) && !isFinished(pod),
  );
  const find = (place: string, kind: string, name: string) =>
    parts.owners.get(kind)?.get(keyOf({ metadata: { namespace: place, name } }));
  const expected = expectedPods(selected, find);
  return { budget, pods: selected, expected, nowMs: parts.host.world.now() };
}

async function apply(parts: Parts, action: Action, key: string): Promise<Seen | void> {
  const { client, budgets } = parts;
  const budget = budgets.get(key);
  if (!budget) return undefined;
  if (action.type === "Record") {
    const { level: type, reason, message } = action;
    parts.recorder.record({ object: budget, type, reason, message });
    return undefined;
  }
  const { uid, resourceVersion } = budget.metadata ?? {};
  // A note of an evicted pod that is left out has to be taken away by name.
  const gone = Object.keys(budget.status?.disruptedPods ?? {}).map((name) => [name, null]);
  const disruptedPods = { ...Object.fromEntries(gone), ...action.status.disruptedPods };
  const patch = { metadata: { uid, resourceVersion }, status: { ...action.status, disruptedPods } };
  try {
    const place = splitKey(key);
    const written = await client.patch(poddisruptionbudgets, place, mergePatch, patch, "status");
    return seenBy(budgets, written.revision);
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}
