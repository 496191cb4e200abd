/** What a node says of itself: pure. */
import { microTimeText, timeText } from "#libs/api/time.ts";
import type { Node, NodeCondition, NodeStatus } from "#proto/gen/k8s/core/v1.ts";
import type { Lease } from "#proto/gen/k8s/coordination/v1.ts";

export interface NodeFacts {
  readonly name: string;
  readonly hostIp: string;
  readonly podCidr: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly podsMax: number;
  readonly runtimeVersion: string;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly bootId: string;
}

const kubeletVersion = "v1.36.3+kubus";
const memoryUnit = 1024;

/** The object that a kubelet registers. */
export function nodeOf(facts: NodeFacts): Node {
  const { name, podCidr, architecture } = facts;
  return {
    metadata: {
      name,
      labels: {
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
      },
    },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
  };
}

/** What pods can have of the node, by resource. */
export const amountsOf = (facts: NodeFacts): Record<string, string> => ({
  cpu: String(facts.cpus),
  "ephemeral-storage": `${Math.floor(facts.diskBytes / memoryUnit)}Ki`,
  "hugepages-1Gi": "0",
  "hugepages-2Mi": "0",
  memory: `${Math.floor(facts.memoryBytes / memoryUnit)}Ki`,
  pods: String(facts.podsMax),
});

/** The status with its conditions; times stay where a status stays. */
export function statusOf(
  facts: NodeFacts,
  present: NodeStatus | undefined,
  now: number,
  runtime: { readonly isUp: boolean },
): NodeStatus {
  const amounts = amountsOf(facts);
  return {
    ...present,
    capacity: amounts,
    allocatable: amounts,
    conditions: conditionsOf(present?.conditions ?? [], now, runtime),
    addresses: [
      { type: "InternalIP", address: facts.hostIp },
      { type: "Hostname", address: facts.name },
    ],
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.machineId,
      bootID: facts.bootId,
      kernelVersion: facts.kernelVersion,
      osImage: facts.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: facts.architecture,
    },
  };
}

const pressures = [
  ["MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
] as const;

const ready = {
  type: "Ready",
  status: "True",
  reason: "KubeletReady",
  message: "kubelet is posting ready status",
};
const unready = {
  type: "Ready",
  status: "False",
  reason: "KubeletNotReady",
  message: "container runtime is down",
};

function conditionsOf(
  present: readonly NodeCondition[],
  now: number,
  { isUp }: { readonly isUp: boolean },
): NodeCondition[] {
  const time = timeText(now);
  const wanted: NodeCondition[] = [
    ...pressures.map(([type, reason, message]) => ({ type, status: "False", reason, message })),
    isUp ? ready : unready,
  ];
  const own = wanted.map((next): NodeCondition => {
    const known = present.find(({ type }) => type === next.type);
    const lastTransitionTime = known?.status === next.status ? known?.lastTransitionTime : time;
    return { ...next, lastHeartbeatTime: time, lastTransitionTime: lastTransitionTime ?? time };
  });
  const types = new Set(own.map(({ type }) => type));
  return [...own, ...present.filter(({ type }) => !types.has(type))];
}

/** Whether the conditions that a node shows are other than those that it would report. */
export function isContradicted(shown: NodeStatus | undefined, wanted: NodeStatus): boolean {
  const told = new Map(shown?.conditions?.map(({ type, status }) => [type, status]));
  const own = new Set<string | undefined>(["Ready", ...pressures.map(([type]) => type)]);
  return (wanted.conditions ?? []).some(
    ({ type, status }) => own.has(type) && told.get(type) !== status,
  );
}

const leaseSeconds = 40;

/** The sign of life, renewed every few seconds. */
export function leaseOf(node: Node, present: Lease | undefined, now: number): Lease {
  const { name = "", uid = "" } = node.metadata ?? {};
  const renewTime = microTimeText(now);
  return {
    ...present,
    metadata: {
      ...present?.metadata,
      name,
      namespace: "kube-node-lease",
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
  };
}
