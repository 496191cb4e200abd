/** How containers tell whose they are: everything is found again by these labels. Pure. */
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";

/** One node of one cluster on this machine. */
export interface Scope {
  readonly cluster: string;
  readonly node: string;
  /** The node's data folder: clusters of one name in different folders are different clusters. */
  readonly folder: string;
}

export const labels = {
  uid: "io.kubernetes.pod.uid",
  podName: "io.kubernetes.pod.name",
  namespace: "io.kubernetes.pod.namespace",
  container: "io.kubernetes.container.name",
  cluster: "kubus.cluster",
  node: "kubus.node",
  folder: "kubus.folder",
  attempt: "kubus.attempt",
  /** Where the container may leave its last words. */
  messagePath: "kubus.termination-message-path",
  messagePolicy: "kubus.termination-message-policy",
} as const;

/** Stands for a container name in what holds the pod's network; no container can be called so. */
export const sandboxName = "POD";

/** Of what holds the pod's network. */
export function labelsOfSandbox(scope: Scope, pod: Pod): Record<string, string> {
  return labelsOf(scope, pod, sandboxName, 0);
}

/** Of one start of a container. */
export function labelsOfContainer(
  scope: Scope,
  pod: Pod,
  container: Container,
  attempt: number,
): Record<string, string> {
  return {
    ...labelsOf(scope, pod, container.name ?? "", attempt),
    [labels.messagePath]: container.terminationMessagePath ?? "",
    [labels.messagePolicy]: container.terminationMessagePolicy ?? "",
  };
}

function labelsOf(scope: Scope, { metadata }: Pod, name: string, attempt: number) {
  return {
    [labels.uid]: metadata?.uid ?? "",
    [labels.podName]: metadata?.name ?? "",
    [labels.namespace]: metadata?.namespace ?? "",
    [labels.container]: name,
    [labels.attempt]: String(attempt),
    [labels.cluster]: scope.cluster,
    [labels.node]: scope.node,
    [labels.folder]: scope.folder,
  };
}

/** Docker's label filter for everything of the scope, or of one of its pods. */
export function filterOf({ cluster, node, folder }: Scope, uid?: string): string[] {
  const all = [
    [labels.cluster, cluster],
    [labels.node, node],
    [labels.folder, folder],
  ];
  if (uid !== undefined) all.push([labels.uid, uid]);
  return all.map(([name, value]) => `${name}=${value}`);
}

/** A name that a second container of the same attempt cannot get, as Kubernetes names them. */
export function dockerNameOf({ metadata }: Pod, name: string, attempt: number): string {
  const { name: pod = "", namespace = "", uid = "" } = metadata ?? {};
  return `k8s_${name}_${pod}_${namespace}_${uid}_${attempt}`;
}
