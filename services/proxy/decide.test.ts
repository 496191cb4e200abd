import { describe, expect, it } from "vitest";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import type { Endpoint as SliceEndpoint, EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import { planServices, type PortRule } from "./decide.ts";

const service = (spec: Service["spec"] = {}, labels: Record<string, string> = {}): Service => ({
  metadata: { namespace: "shop", name: "cart", labels },
  spec: {
    type: "ClusterIP",
    clusterIP: "127.64.0.5",
    clusterIPs: ["127.64.0.5"],
    ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }],
    sessionAffinity: "None",
    ...spec,
  },
});

const slice = (
  endpoints: SliceEndpoint[],
  changes: Partial<EndpointSlice> = {},
): EndpointSlice => ({
  metadata: {
    namespace: "shop",
    name: "cart-1",
    labels: { "kubernetes.io/service-name": "cart" },
  },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints,
  ...changes,
});

const ready = (address: string, nodeName = "node-1"): SliceEndpoint => ({
  addresses: [address],
  conditions: { ready: true, serving: true, terminating: false },
  nodeName,
});
const ending = (address: string): SliceEndpoint => ({
  addresses: [address],
  conditions: { ready: false, serving: true, terminating: true },
});

const plan = (services: Service[], slices: EndpointSlice[]): PortRule[] =>
  planServices({ services, slices, nodeName: "node-1" });
const addresses = (rule: PortRule | undefined, side: "internal" | "external") =>
  rule?.[side].map(({ address, port }) => `${address}:${port}`);

interface Row {
  readonly rule: string;
  readonly service?: Service;
  readonly slices: EndpointSlice[];
  readonly internal: string[];
  readonly external?: string[];
}

const rows: Row[] = [
  {
    rule: "ready endpoints of all slices, each once, in order",
    slices: [slice([ready("10.0.0.2"), ready("10.0.0.1")]), slice([ready("10.0.0.2")])],
    internal: ["10.0.0.1:8080", "10.0.0.2:8080"],
  },
  {
    rule: "an endpoint that says nothing about itself counts as ready",
    slices: [slice([{ addresses: ["10.0.0.1"] }])],
    internal: ["10.0.0.1:8080"],
  },
  {
    rule: "an ending endpoint gets nothing while another is ready",
    slices: [slice([ready("10.0.0.1"), ending("10.0.0.2")])],
    internal: ["10.0.0.1:8080"],
  },
  {
    rule: "ending endpoints that still answer serve when no other is left",
    slices: [slice([ending("10.0.0.2")])],
    internal: ["10.0.0.2:8080"],
  },
  {
    rule: "an endpoint that is not ready gets nothing",
    slices: [slice([{ addresses: ["10.0.0.1"], conditions: { ready: false } }])],
    internal: [],
  },
  {
    rule: "ports are matched by name and protocol",
    slices: [
      slice([ready("10.0.0.1")], { ports: [{ name: "admin", port: 9, protocol: "TCP" }] }),
      slice([ready("10.0.0.2")], { ports: [{ name: "http", port: 9, protocol: "UDP" }] }),
    ],
    internal: [],
  },
  {
    rule: "slices of other services, namespaces and families do not count",
    slices: [
      slice([ready("10.0.0.1")], {
        metadata: { namespace: "shop", labels: { "kubernetes.io/service-name": "other" } },
      }),
      slice([ready("10.0.0.2")], {
        metadata: { namespace: "else", labels: { "kubernetes.io/service-name": "cart" } },
      }),
      slice([ready("fd00::1")], { addressType: "IPv6" }),
    ],
    internal: [],
  },
  {
    rule: "internalTrafficPolicy Local: endpoints of this node only",
    service: service({ internalTrafficPolicy: "Local" }),
    slices: [slice([ready("10.0.0.1"), ready("10.0.0.2", "node-2")])],
    internal: ["10.0.0.1:8080"],
    external: ["10.0.0.1:8080", "10.0.0.2:8080"],
  },
  {
    rule: "externalTrafficPolicy Local: the node port reaches this node only",
    service: service({ type: "NodePort", externalTrafficPolicy: "Local" }),
    slices: [slice([ready("10.0.0.1"), ready("10.0.0.2", "node-2")])],
    internal: ["10.0.0.1:8080", "10.0.0.2:8080"],
    external: ["10.0.0.1:8080"],
  },
];

describe("planServices", () => {
  it.each(rows)("$rule", ({ service: given = service(), slices, internal, external }) => {
    const [rule] = plan([given], slices);
    expect(addresses(rule, "internal")).toEqual(internal);
    expect(addresses(rule, "external")).toEqual(external ?? internal);
  });

  it.each([
    ["headless", service({ clusterIP: "None", clusterIPs: ["None"] })],
    ["no address yet", service({ clusterIP: "", clusterIPs: [] })],
    ["ExternalName", service({ type: "ExternalName", externalName: "example.com" })],
    ["another proxy's", service({}, { "service.kubernetes.io/service-proxy-name": "mine" })],
  ])("passes over a service that is %s", (_, given) => {
    expect(plan([given], [slice([ready("10.0.0.1")])])).toEqual([]);
  });

  it("takes every node for local when it serves them all", () => {
    const slices = [slice([ready("10.0.0.1"), ready("10.0.0.2", "node-2")])];
    const services = [service({ internalTrafficPolicy: "Local" })];
    const [rule] = planServices({ services, slices, nodeName: "" });
    expect(addresses(rule, "internal")).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
  });

  it("takes the affinity only when it is by client", () => {
    const config = { clientIP: { timeoutSeconds: 7 } };
    const affinity = (sessionAffinity: "ClientIP" | "None") =>
      plan([service({ sessionAffinity, sessionAffinityConfig: config })], [])[0]?.affinitySeconds;
    expect(affinity("ClientIP")).toBe(7);
    expect(affinity("None")).toBeUndefined();
  });
});
