/** Caches and writes of the scheduler. */
import { fromPromise } from "xstate";
import type { Assembled, Host } from "#libs/actor/component.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import { strategicMergePatch } from "#libs/api/patch/content.ts";
import { timeText } from "#libs/api/time.ts";
import type { BusSubscription } from "#libs/bus/bus.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import { isFinished, podCondition } from "#libs/controller/pods.ts";
import type { Notice } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Binding, Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import { type Outcome, SchedulingLoop } from "./loop.ts";
import { schedulerMachine } from "./machine.ts";
import type { Profile } from "./profile.ts";
import { defaultProfile } from "./profile.ts";
import { factsOf, Snapshot } from "./snapshot.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  readonly loop: SchedulingLoop;
}

/** The scheduler's root machine. */
export function schedulerWith(host: Host): Assembled {
  const profile = defaultProfile;
  const identity = { user: "system:kube-scheduler", manager: "kube-scheduler" };
  const client = apiClient(host.bus, identity);
  const recorder = eventRecorder(host, client, profile.schedulerName);
  const snapshot = new Snapshot();
  const outcome = outcomes(host, client, recorder);
  const loop = new SchedulingLoop(host.world, snapshot, profile, outcome);
  const parts = { host, client, recorder, profile, snapshot, loop };
  const nodeCache = sharedInformer(host, nodes);
  const podCache = sharedInformer(host, pods);
  let subscriptions: BusSubscription[] = [];
  const stop = () => {
    loop.stop();
    for (const subscription of subscriptions) subscription.unsubscribe();
    subscriptions = [];
  };
  host.onEnd(stop);
  const machine = schedulerMachine.provide({
    actors: {
      sync: fromPromise<void>(async () => {
        await Promise.all([nodeCache.untilCurrent(), podCache.untilCurrent()]);
      }),
      drain: fromPromise<void>(() => loop.drain()),
    },
    actions: {
      startScheduling() {
        subscriptions = listen(parts, nodeCache, podCache);
        loop.start();
      },
      stopScheduling: stop,
    },
  });
  return { machine, input: undefined };
}

function listen(
  parts: Parts,
  nodeCache: Informer<Node>,
  podCache: Informer<Pod>,
): BusSubscription[] {
  return [
    nodeCache.listen((notice) => onNode(parts, notice)),
    podCache.listen((notice) => onPod(parts, notice)),
  ];
}

/** What scheduling depends on in a node. Heartbeats change none of it. */
function facet({ metadata, spec, status }: Node): string {
  const images = status?.images?.length ?? 0;
  return JSON.stringify([metadata?.labels, spec, status?.allocatable, images]);
}

function onNode({ snapshot, loop }: Parts, notice: Notice<Node>): void {
  if (notice.type === "deleted") {
    snapshot.removeNode(notice.object.metadata?.name ?? "");
    return;
  }
  if (notice.type === "updated" && facet(notice.old) === facet(notice.object)) return;
  snapshot.putNode(notice.object);
  loop.queue.wake();
  loop.kick();
}

function onPod(parts: Parts, notice: Notice<Pod>): void {
  const { snapshot, loop, host } = parts;
  const { object: pod } = notice;
  const isGone = notice.type === "deleted" || isFinished(pod);
  if (pod.spec?.nodeName) {
    loop.forget(pod);
    if (!isGone) snapshot.place(factsOf(pod), pod.spec.nodeName);
    else if (snapshot.placeOf(pod) !== undefined) {
      snapshot.remove(pod);
      loop.queue.wake();
      loop.kick();
    }
    return;
  }
  if (isGone || !isOurs(parts, pod)) {
    loop.forget(pod);
    snapshot.remove(pod);
    return;
  }
  // A bind is on its way: its outcome will tell.
  if (snapshot.placeOf(pod) !== undefined) return;
  if (notice.type === "updated" && sameSpec(notice.old, pod)) loop.queue.refresh(pod);
  else loop.queue.put(pod, host.world.monotonic());
  loop.kick();
}

const sameSpec = (old: Pod, pod: Pod) =>
  JSON.stringify([old.spec, old.metadata?.labels]) ===
  JSON.stringify([pod.spec, pod.metadata?.labels]);

function isOurs({ profile }: Parts, pod: Pod): boolean {
  const { schedulerName = profile.schedulerName } = pod.spec ?? {};
  if (schedulerName !== profile.schedulerName) return false;
  if (pod.metadata?.deletionTimestamp !== undefined) return false;
  return profile.preEnqueue.every((plugin) => plugin.preEnqueue(pod) === undefined);
}

function outcomes(host: Host, client: Client, recorder: Recorder): Outcome {
  return {
    async bind(pod, node) {
      const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
      const binding: Binding = {
        metadata: { namespace, name, uid },
        target: { kind: "Node", name: node },
      };
      // The node may tell of its first steps before the answer comes; this is told first all the
      // same.
      const at = host.world.now();
      await bindOnce(client, pod, binding);
      const message = `Successfully assigned ${namespace}/${name} to ${node}`;
      const reason = "Scheduled";
      recorder.record({ object: pod, type: "Normal", reason, message, action: "Binding", at });
    },
    refuse(pod, { message }) {
      const reason = "FailedScheduling";
      recorder.record({ object: pod, type: "Warning", reason, message, action: "Scheduling" });
      void tellUnschedulable(host, client, pod, message);
    },
    fail(pod, error) {
      if (host.signal.aborted) return;
      const { namespace = "", name = "" } = pod.metadata ?? {};
      host.log.warn({ err: error, pod: `${namespace}/${name}` }, "binding failed");
    },
  };
}

/** A pod that is gone needs no node, and one that has a node has it: neither is a failure. */
async function bindOnce(client: Client, pod: Pod, binding: Binding): Promise<void> {
  const { namespace = "", name = "" } = pod.metadata ?? {};
  try {
    const message = "k8s.core.v1.Binding";
    await client.createSubresource(pods, { namespace, name }, "binding", message, binding);
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return;
    throw error;
  }
}

async function tellUnschedulable(
  { world, log, signal }: Host,
  client: Client,
  pod: Pod,
  message: string,
): Promise<void> {
  const known = podCondition(pod, "PodScheduled");
  if (known?.status === "False" && known.message === message) return;
  const { namespace = "", name = "", uid } = pod.metadata ?? {};
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    lastTransitionTime:
      known?.status === "False" ? known.lastTransitionTime : timeText(world.now()),
  };
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  try {
    await client.patch(pods, { namespace, name }, strategicMergePatch, patch, "status");
  } catch (error) {
    if (!signal.aborted) log.debug({ err: error }, "the condition was not written");
  }
}
