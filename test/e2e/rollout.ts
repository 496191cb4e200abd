/** A rollout of several Deployments, and what must hold of it when everything has come to rest. */
import type { Deployment, ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { Endpoints, Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import type { EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import { type TestCluster, until } from "./cluster.ts";

export const names = ["one", "two", "three"] as const;
export const replicas = 3;

/** Deployments with a Service each. */
export function manifest(namespace: string, image: string): string {
  const items = names.flatMap((name) => {
    const metadata = { name, namespace };
    const labels = { app: name };
    const containers = [{ name: "main", image, ports: [{ containerPort: 80 }] }];
    const template = { metadata: { labels }, spec: { containers } };
    const ports = [{ port: 80 }];
    return [
      { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports } },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { replicas, selector: { matchLabels: labels }, template },
      },
    ];
  });
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** Everything of a namespace that a rollout touches. */
export interface Settlement {
  readonly nodes: readonly Node[];
  readonly deployments: readonly Deployment[];
  readonly sets: readonly ReplicaSet[];
  readonly pods: readonly Pod[];
  readonly endpoints: readonly Endpoints[];
  readonly slices: readonly EndpointSlice[];
}

interface Kinded {
  readonly kind: string;
}

export async function look(cluster: TestCluster, namespace: string): Promise<Settlement> {
  const kinds = "nodes,deployments,replicasets,pods,endpoints,endpointslices";
  const items = await cluster.list<Kinded>(kinds, "-n", namespace);
  const of = <T>(kind: string) => items.filter((item) => item.kind === kind) as unknown as T[];
  return {
    nodes: of("Node"),
    deployments: of("Deployment"),
    sets: of("ReplicaSet"),
    pods: of("Pod"),
    endpoints: of("Endpoints"),
    slices: of("EndpointSlice"),
  };
}

/**
 * What is wrong, in words; nothing when the rollout to `image` is complete. Every pod is owned by a
 * living ReplicaSet, the counts are exact, and who looks for the pods finds them all and no other.
 */
export function problemsOf(seen: Settlement, image: string): string[] {
  const nodes = new Set(seen.nodes.map(({ metadata }) => metadata?.name));
  const sets = new Map(seen.sets.map((set) => [set.metadata?.uid, set]));
  return [
    ...names.flatMap((name) => problemsOfDeployment(seen, name)),
    ...seen.sets.flatMap((set) => problemsOfSet(set, seen)),
    ...seen.pods.flatMap(({ metadata, spec, status }) => {
      const pod = `pod ${metadata?.name}`;
      const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
      const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
      return [
        ...(sets.has(owner?.uid) ? [] : [`${pod} has no owner that lives`]),
        ...(metadata?.deletionTimestamp ? [`${pod} is being deleted`] : []),
        ...(spec?.containers?.[0]?.image === image ? [] : [`${pod} is not of ${image}`]),
        ...(nodes.has(spec?.nodeName) ? [] : [`${pod} is on no node: ${spec?.nodeName}`]),
        ...(ready === "True" ? [] : [`${pod} is ${status?.phase}, not Ready`]),
      ];
    }),
  ];
}

function problemsOfDeployment(seen: Settlement, name: string): string[] {
  const deployment = seen.deployments.find(({ metadata }) => metadata?.name === name);
  if (!deployment) return [`Deployment ${name} is lost`];
  const { metadata, status = {} } = deployment;
  const counts = {
    observedGeneration: status.observedGeneration,
    replicas: status.replicas,
    updatedReplicas: status.updatedReplicas,
    readyReplicas: status.readyReplicas,
    availableReplicas: status.availableReplicas,
    unavailableReplicas: status.unavailableReplicas ?? 0,
  };
  const wanted = {
    observedGeneration: metadata?.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    unavailableReplicas: 0,
  };
  const ips = seen.pods
    .filter((pod) => pod.metadata?.labels?.["app"] === name)
    .map(({ status: { podIP } = {} }) => podIP ?? "");
  const inEndpoints = seen.endpoints
    .filter((each) => each.metadata?.name === name)
    .flatMap(({ subsets = [] }) => subsets.flatMap(({ addresses = [] }) => addresses))
    .map(({ ip }) => ip ?? "");
  const inSlices = seen.slices
    .filter((each) => each.metadata?.labels?.["kubernetes.io/service-name"] === name)
    .flatMap(({ endpoints = [] }) => endpoints)
    .filter(({ conditions }) => conditions?.ready)
    .flatMap(({ addresses = [] }) => addresses);
  return [
    ...differing(`the status of ${name}`, counts, wanted),
    ...differing(`the number of pods of ${name}`, ips.length, replicas),
    ...differing(`the endpoints of ${name}`, inEndpoints.toSorted(), ips.toSorted()),
    ...differing(`the endpoint slices of ${name}`, inSlices.toSorted(), ips.toSorted()),
  ];
}

function problemsOfSet({ metadata, spec, status }: ReplicaSet, seen: Settlement): string[] {
  const set = `ReplicaSet ${metadata?.name}`;
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  const owners = seen.deployments.map((deployment) => deployment.metadata?.uid);
  const owned = seen.pods.filter(({ metadata: pod }) =>
    pod?.ownerReferences?.some(({ uid }) => uid === metadata?.uid),
  );
  return [
    ...(owners.includes(owner?.uid) ? [] : [`${set} has no owner that lives`]),
    ...differing(`the pods of ${set}`, owned.length, spec?.replicas),
    ...differing(`the status of ${set}`, status?.replicas ?? 0, spec?.replicas),
  ];
}

function differing(what: string, is: unknown, wanted: unknown): string[] {
  const [found, expected] = [JSON.stringify(is), JSON.stringify(wanted)];
  return found === expected ? [] : [`${what}: ${found}, not ${expected}`];
}

/** Waits until the rollout is complete; rejects with what is wrong when it never is. */
export async function untilComplete(
  cluster: TestCluster,
  namespace: string,
  image: string,
): Promise<Settlement> {
  let seen: Settlement | undefined;
  const ask = async () => problemsOf((seen = await look(cluster, namespace)), image);
  await until(`the rollout of ${image}`, ask, (problems) => problems.length === 0);
  if (!seen) throw new Error("nothing was seen");
  return seen;
}
