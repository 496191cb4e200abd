import { describe, expect, test } from "vitest";
import type { Pod, Service } from "#proto/gen/k8s/core/v1.ts";
import type { EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import { type Action, reconcile } from "./decide.ts";

const service = (spec: Service["spec"] = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", uid: "s", labels: { team: "a" } },
  spec: {
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: 8080 }],
    ...spec,
  },
});

interface PodWish {
  readonly ip?: string;
  readonly ready?: boolean;
  readonly deleted?: boolean;
  readonly phase?: string;
  readonly port?: number;
}

function pod(
  name: string,
  { ip = "10.0.0.1", ready = true, deleted, phase, port }: PodWish = {},
): Pod {
  return {
    metadata: {
      name,
      namespace: "default",
      uid: name,
      ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: {
      nodeName: "n1",
      containers: [{ name: "c", ports: port ? [{ name: "http", containerPort: port }] : [] }],
    },
    status: {
      phase: phase ?? "Running",
      ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

const zones = new Map([["n1", "z1"]]);
const look = (
  pods: readonly Pod[],
  slices: readonly EndpointSlice[] = [],
  spec: Service["spec"] = {},
) => reconcile({ service: service(spec), pods, slices, zones }).actions;
const made = (actions: readonly Action[]) =>
  actions.flatMap(({ type, slice }) => (type === "CreateSlice" ? [slice] : []));

describe("a slice", () => {
  test("says everything about its pods", () => {
    const [slice] = made(look([pod("a"), pod("b", { ip: "10.0.0.2", ready: false })]));
    expect(slice).toEqual({
      metadata: {
        generateName: "web-",
        namespace: "default",
        labels: {
          team: "a",
          "kubernetes.io/service-name": "web",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
        ownerReferences: [
          {
            apiVersion: "v1",
            kind: "Service",
            name: "web",
            uid: "s",
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "a" },
          nodeName: "n1",
          zone: "z1",
        },
        {
          addresses: ["10.0.0.2"],
          conditions: { ready: false, serving: false, terminating: false },
          targetRef: { kind: "Pod", namespace: "default", name: "b", uid: "b" },
          nodeName: "n1",
          zone: "z1",
        },
      ],
    });
  });

  test.each<[string, PodWish, Service["spec"], object]>([
    ["ready", {}, {}, { ready: true, serving: true, terminating: false }],
    ["not ready", { ready: false }, {}, { ready: false, serving: false, terminating: false }],
    ["leaving", { deleted: true }, {}, { ready: false, serving: true, terminating: true }],
    [
      "published all the same",
      { ready: false },
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
  ])("of a pod that is %s", (_, wish, spec, conditions) => {
    expect(made(look([pod("a", wish)], [], spec))[0]?.endpoints?.[0]?.conditions).toEqual(
      conditions,
    );
  });

  test.each<[string, PodWish]>([
    ["without an address", { ip: "" }],
    ["that is over", { phase: "Succeeded" }],
    ["of the other address family", { ip: "fd00::1" }],
  ])("leaves out a pod %s", (_, wish) => {
    expect(made(look([pod("a", wish)]))[0]?.endpoints).toEqual([]);
  });

  test("marks a headless service", () => {
    const [slice] = made(look([pod("a")], [], { clusterIP: "None" }));
    expect(slice?.metadata?.labels?.["service.kubernetes.io/headless"]).toBe("");
  });
});

describe("slices", () => {
  const named = { ports: [{ name: "http", port: 80, targetPort: "http" }] };

  test("are one for each set of ports", () => {
    const slices = made(look([pod("a", { port: 1 }), pod("b", { port: 2 })], [], named));
    expect(slices.map(({ ports }) => ports?.[0]?.port)).toEqual([1, 2]);
  });

  test("hold a hundred endpoints at most", () => {
    const pods = Array.from({ length: 250 }, (_, index) => pod(`p${index}`));
    expect(made(look(pods)).map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50]);
  });

  test("that say so already are left alone", () => {
    const pods = [pod("a"), pod("b")];
    expect(look(pods, made(look(pods)))).toEqual([]);
    expect(look([], made(look([])))).toEqual([]);
  });

  test("change as little as may be", () => {
    const pods = Array.from({ length: 150 }, (_, index) => pod(`p${index}`));
    const slices = made(look(pods));
    const next = [...pods.filter(({ metadata }) => metadata?.name !== "p3"), pod("new")];
    const actions = look(next, slices);
    expect(actions.map(({ type }) => type)).toEqual(["UpdateSlice"]);
    expect(actions[0]?.slice.endpoints).toHaveLength(100);
    expect(actions[0]?.slice.endpoints?.at(-1)?.targetRef?.name).toBe("new");
  });

  test("that nobody needs are deleted, but for one", () => {
    const pods = Array.from({ length: 150 }, (_, index) => pod(`p${index}`));
    const actions = look([], made(look(pods)));
    const summary = actions.map(({ type, slice }) => [type, slice.endpoints?.length]);
    expect(summary).toContainEqual(["DeleteSlice", 50]);
  });

  test.each<[string, Service["spec"]]>([
    ["without a selector", { selector: {} }],
    ["that is an external name", { type: "ExternalName" }],
  ])("of a service %s are not made", (_, spec) =>
    expect(made(look([pod("a")], [], spec))).toEqual([]),
  );
});
