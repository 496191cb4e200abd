/**
 * Priority levels and flow schemas that every cluster has. The mandatory ones stay as they are
 * here; the suggested ones follow as long as nobody has made them his own.
 */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
  ResourcePolicyRule,
  Subject,
} from "#proto/gen/k8s/flowcontrol/v1.ts";

/** "true" on objects whose spec the API server keeps. */
export const autoUpdateAnnotation = "apf.kubernetes.io/autoupdate-spec";

const apiVersion = "flowcontrol.apiserver.k8s.io/v1";
const metadataOf = (name: string) => ({ name, annotations: { [autoUpdateAnnotation]: "true" } });

function level(name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration {
  const metadata = metadataOf(name);
  return { apiVersion, kind: "PriorityLevelConfiguration", metadata, spec };
}

function queued(
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queuing: QueuingConfiguration,
): PriorityLevelConfiguration {
  return level(name, {
    type: "Limited",
    limited: {
      nominalConcurrencyShares,
      lendablePercent,
      limitResponse: { type: "Queue", queuing },
    },
  });
}

export const mandatoryLevels: readonly PriorityLevelConfiguration[] = [
  level("catch-all", {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 5,
      lendablePercent: 0,
      limitResponse: { type: "Reject" },
    },
  }),
  level("exempt", {
    type: "Exempt",
    exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 },
  }),
];

const queues = (count: number, handSize: number): QueuingConfiguration => ({
  queues: count,
  handSize,
  queueLengthLimit: 50,
});

export const suggestedLevels: readonly PriorityLevelConfiguration[] = [
  queued("system", 30, 33, queues(64, 6)),
  queued("node-high", 40, 25, queues(64, 6)),
  queued("leader-election", 10, 0, queues(16, 4)),
  queued("workload-high", 40, 50, queues(128, 6)),
  queued("workload-low", 100, 90, queues(128, 6)),
  queued("global-default", 20, 50, queues(128, 6)),
];

interface Rules {
  readonly subjects: Subject[];
  readonly resourceRules?: ResourcePolicyRule[];
  readonly nonResourceRules?: NonResourcePolicyRule[];
}

function schema(
  name: string,
  priorityLevel: string,
  matchingPrecedence: number,
  distinguisher: "" | "ByUser" | "ByNamespace",
  rules: Rules,
): FlowSchema {
  return {
    apiVersion,
    kind: "FlowSchema",
    metadata: metadataOf(name),
    spec: {
      priorityLevelConfiguration: { name: priorityLevel },
      matchingPrecedence,
      ...(distinguisher === "" ? {} : { distinguisherMethod: { type: distinguisher } }),
      rules: [rules],
    },
  };
}

const groups = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: "Group", group: { name } }));
const users = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: "User", user: { name } }));
const systemAccounts = (): Subject[] => [
  { kind: "ServiceAccount", serviceAccount: { name: "*", namespace: "kube-system" } },
];
const everybody = () => groups("system:unauthenticated", "system:authenticated");
const controllerManager = "system:kube-controller-manager";
const scheduler = "system:kube-scheduler";
const leases = (verbs: string[]): ResourcePolicyRule => ({
  verbs,
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  namespaces: ["*"],
});

/** Whatever these ask for. */
const everythingOf = (subjects: Subject[]): Rules => ({
  subjects,
  resourceRules: [
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] },
  ],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
});

export const mandatorySchemas: readonly FlowSchema[] = [
  schema("exempt", "exempt", 1, "", everythingOf(groups("system:masters"))),
  schema("catch-all", "catch-all", 10_000, "ByUser", everythingOf(everybody())),
];

export const suggestedSchemas: readonly FlowSchema[] = [
  schema("system-nodes", "system", 500, "ByUser", everythingOf(groups("system:nodes"))),
  schema("system-node-high", "node-high", 400, "ByUser", {
    subjects: groups("system:nodes"),
    resourceRules: [
      {
        verbs: ["*"],
        apiGroups: [""],
        resources: ["nodes", "nodes/status"],
        clusterScope: true,
        namespaces: ["*"],
      },
      leases(["*"]),
    ],
  }),
  schema("probes", "exempt", 2, "", {
    subjects: everybody(),
    nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
  }),
  schema("system-leader-election", "leader-election", 100, "ByUser", {
    subjects: [...users(controllerManager, scheduler), ...systemAccounts()],
    resourceRules: [leases(["get", "create", "update"])],
  }),
  schema(
    "kube-controller-manager",
    "workload-high",
    800,
    "ByNamespace",
    everythingOf(users(controllerManager)),
  ),
  schema("kube-scheduler", "workload-high", 800, "ByNamespace", everythingOf(users(scheduler))),
  schema(
    "kube-system-service-accounts",
    "workload-high",
    900,
    "ByNamespace",
    everythingOf(systemAccounts()),
  ),
  schema(
    "service-accounts",
    "workload-low",
    9000,
    "ByUser",
    everythingOf(groups("system:serviceaccounts")),
  ),
  schema("global-default", "global-default", 9900, "ByUser", everythingOf(everybody())),
];
