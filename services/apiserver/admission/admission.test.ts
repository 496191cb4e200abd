/** What each plugin makes of a write, or why it refuses it. */
import { describe, expect, it } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import { defaultTolerationSeconds } from "./defaulttolerationseconds.ts";
import { namespaceLifecycle } from "./namespacelifecycle.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { podTopologyLabels } from "./podtopologylabels.ts";
import { priority } from "./priority.ts";
import { runtimeClass } from "./runtimeclass.ts";
import { serviceAccount } from "./serviceaccount.ts";
import { storageObjectInUseProtection } from "./storageobjectinuse.ts";
import { taintNodesByCondition } from "./taintnodesbycondition.ts";

type Stored = Readonly<Record<string, KubeObject & Record<string, unknown>>>;

/** Objects by `resource/namespace/name`. */
function readerOf(stored: Stored): AdmissionReader {
  const find = (resource: string, namespace: string, name: string) =>
    stored[`${resource}/${namespace}/${name}`];
  return {
    cached: find,
    live: async (...key) => find(...key),
    list: (resource) =>
      Object.entries(stored)
        .filter(([key]) => key.startsWith(`${resource}/`))
        .map(([, object]) => object),
    now: 0,
    random: () => 0,
    sleep: async () => undefined,
  };
}

const places = {
  pods: { group: "", plural: "pods", scope: "Namespaced" },
  nodes: { group: "", plural: "nodes", scope: "Cluster" },
  namespaces: { group: "", plural: "namespaces", scope: "Cluster" },
  persistentvolumes: { group: "", plural: "persistentvolumes", scope: "Cluster" },
} as const;

async function admit<T extends object>(
  plugin: AdmissionPlugin,
  resource: keyof typeof places,
  draft: T | undefined,
  { stored = {}, ...more }: Partial<AdmissionRequest> & { stored?: Stored } = {},
): Promise<T | string> {
  const definition = places[resource] as unknown as ResourceDefinition;
  const namespace = definition.scope === "Namespaced" ? "n" : "";
  const name = (draft as KubeObject | undefined)?.metadata?.name ?? "x";
  const request: AdmissionRequest = {
    operation: "create",
    caller: { user: "u", groups: [], manager: "m" },
    place: { definition, namespace, name, subresource: "" },
    draft: draft as KubeObject | undefined,
    old: undefined,
    dryRun: false,
    ...more,
  };
  try {
    await plugin.mutate?.(request, readerOf(stored));
    return draft as T;
  } catch (error) {
    return `${(error as StatusError).code} ${(error as StatusError).message}`;
  }
}

const pod = (spec: Pod["spec"] = {}): Pod => ({ metadata: { name: "p" }, spec });
const namespace = (status: object, metadata: object = {}): Stored => ({
  "namespaces//n": { metadata, status },
});

describe("NamespaceLifecycle", () => {
  const terminating =
    '403 pods "p" is forbidden: unable to create new content in namespace n ' +
    "because it is being terminated";
  it.each([
    ["an active namespace", namespace({ phase: "Active" }), "create", undefined],
    ["no namespace", {}, "create", '404 namespaces "n" not found'],
    ["a terminating one", namespace({ phase: "Terminating" }), "create", terminating],
    ["a marked one", namespace({}, { deletionTimestamp: "t" }), "create", terminating],
    ["updates in a terminating one", namespace({ phase: "Terminating" }), "update", undefined],
  ] as const)("%s", async (_title, stored, operation, refusal) => {
    const answer = await admit(namespaceLifecycle, "pods", pod(), { stored, operation });
    expect(answer).toEqual(refusal ?? pod());
  });

  it("keeps the namespaces that a cluster needs", async () => {
    const definition = places.namespaces as unknown as ResourceDefinition;
    const place = { definition, namespace: "", name: "kube-system", subresource: "" };
    const more = { operation: "delete", place } as const;
    expect(await admit(namespaceLifecycle, "namespaces", undefined, more)).toBe(
      '403 namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
  });
});

describe("ServiceAccount", () => {
  const stored: Stored = {
    "serviceaccounts/n/default": {},
    "serviceaccounts/n/quiet": {
      automountServiceAccountToken: false,
      imagePullSecrets: [{ name: "s" }],
    },
  };
  it("gives a pod its account and token", async () => {
    const given = pod({ containers: [{ name: "c" }, { name: "d", volumeMounts: [] }] });
    const { spec } = (await admit(serviceAccount, "pods", given, { stored })) as Pod;
    expect(spec).toMatchObject({ serviceAccountName: "default", serviceAccount: "default" });
    expect(spec?.volumes).toMatchObject([{ name: "kube-api-access-bbbbb" }]);
    for (const { volumeMounts } of spec?.containers ?? []) {
      expect(volumeMounts).toEqual([
        {
          name: "kube-api-access-bbbbb",
          readOnly: true,
          mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
        },
      ]);
    }
  });

  it("mounts nothing where the account does not want it", async () => {
    const given = pod({ serviceAccountName: "quiet", containers: [{ name: "c" }] });
    const { spec } = (await admit(serviceAccount, "pods", given, { stored })) as Pod;
    expect(spec?.volumes).toBeUndefined();
    expect(spec?.imagePullSecrets).toEqual([{ name: "s" }]);
  });

  it("refuses an account that is not there", async () => {
    const given = pod({ serviceAccountName: "missing" });
    expect(await admit(serviceAccount, "pods", given, { stored })).toBe(
      '403 pods "p" is forbidden: error looking up service account n/missing: ' +
        'serviceaccount "missing" not found',
    );
  });
});

describe("Priority", () => {
  const stored: Stored = {
    "priorityclasses.scheduling.k8s.io//high": { value: 100, preemptionPolicy: "Never" },
  };
  const usual: Stored = {
    "priorityclasses.scheduling.k8s.io//usual": {
      metadata: { name: "usual" },
      value: 5,
      globalDefault: true,
    },
  };
  it.each([
    ["no class", {}, {}, { priority: 0, preemptionPolicy: "PreemptLowerPriority" }],
    [
      "a class",
      { priorityClassName: "high" },
      stored,
      { priorityClassName: "high", priority: 100, preemptionPolicy: "Never" },
    ],
    [
      "the default class",
      {},
      usual,
      { priorityClassName: "usual", priority: 5, preemptionPolicy: "PreemptLowerPriority" },
    ],
  ] as const)("of %s", async (_title, spec, classes, expected) => {
    const answer = await admit(priority, "pods", pod({ ...spec }), { stored: classes });
    expect((answer as Pod).spec).toEqual(expected);
  });

  it("cannot be given as a number", async () => {
    expect(await admit(priority, "pods", pod({ priority: 7 }))).toMatch(
      /^403 pods "p" is forbidden: the integer value of priority \(7\) must not be provided/,
    );
  });

  it("needs a class that is there", async () => {
    expect(await admit(priority, "pods", pod({ priorityClassName: "none" }))).toBe(
      '403 pods "p" is forbidden: no PriorityClass with name none was found',
    );
  });

  it("stays when an update leaves it out", async () => {
    const old = pod({ priority: 5, preemptionPolicy: "Never" }) as KubeObject;
    const more = { operation: "update", old } as const;
    const answer = await admit(priority, "pods", pod({}), more);
    expect((answer as Pod).spec).toEqual({ priority: 5, preemptionPolicy: "Never" });
  });
});

describe("small plugins", () => {
  it("let pods outlive a lost node for five minutes", async () => {
    const answer = (await admit(defaultTolerationSeconds, "pods", pod())) as Pod;
    expect(
      answer.spec?.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    ).toEqual([
      ["node.kubernetes.io/not-ready", 300],
      ["node.kubernetes.io/unreachable", 300],
    ]);
    const all = pod({ tolerations: [{ operator: "Exists" }] });
    expect(await admit(defaultTolerationSeconds, "pods", structuredClone(all))).toEqual(all);
  });

  it("keep pods off a new node", async () => {
    const node: Node = { metadata: { name: "x" } };
    expect((await admit(taintNodesByCondition, "nodes", node)) as Node).toMatchObject({
      spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] },
    });
  });

  it("protect volumes that are in use", async () => {
    const volume: KubeObject = { metadata: { name: "v" } };
    await admit(storageObjectInUseProtection, "persistentvolumes", volume);
    expect(volume.metadata?.finalizers).toEqual(["kubernetes.io/pv-protection"]);
  });

  it("refuse a runtime class that is not there", async () => {
    expect(await admit(runtimeClass, "pods", pod({ runtimeClassName: "r" }))).toBe(
      '403 pods "p" is forbidden: pod rejected: RuntimeClass "r" not found',
    );
  });

  it("tell a pod the zone of its node", async () => {
    const zone = { "topology.kubernetes.io/zone": "z1" };
    const stored = { "nodes//a": { metadata: { labels: { ...zone, other: "x" } } } };
    const answer = (await admit(podTopologyLabels, "pods", pod({ nodeName: "a" }), {
      stored,
    })) as Pod;
    expect(answer.metadata?.labels).toEqual(zone);
  });
});
