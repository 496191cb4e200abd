import { describe, expect, it } from "vitest";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { aggregateText } from "../../../errors.ts";
import { serviceDefaults } from "./defaults.ts";
import { prepareServiceUpdate } from "./update.ts";
import { validateServiceUpdate } from "./validate.ts";

type Spec = NonNullable<Service["spec"]>;

const address: Spec = {
  clusterIP: "10.96.0.5",
  clusterIPs: ["10.96.0.5"],
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "SingleStack",
};
const port = { port: 80, protocol: "TCP", targetPort: 80 };

function stored(spec: Spec): Service {
  const service: Service = { spec: { ports: [{ ...port }], ...spec } };
  serviceDefaults(service);
  return service;
}

const cluster = stored(address);
const node = stored({ ...address, type: "NodePort", ports: [{ ...port, nodePort: 30_001 }] });
const balancer = stored({
  ...address,
  type: "LoadBalancer",
  loadBalancerClass: "example.com/a",
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 30_009,
  ports: [{ ...port, nodePort: 30_001 }],
});
const external = stored({ type: "ExternalName", externalName: "example.com" });

/** The spec after a PUT of what `change` says, and what is wrong with it. */
function put(old: Service, change: Spec): { spec: Spec; errors: string } {
  const draft: Service = { spec: { ports: [{ ...port }], ...structuredClone(change) } };
  serviceDefaults(draft);
  prepareServiceUpdate(draft, old);
  return {
    spec: draft.spec ?? {},
    errors: aggregateText(validateServiceUpdate(draft, old)),
  };
}
const none = aggregateText([]);

describe("an update that leaves out what the server chose", () => {
  it("keeps address and node ports, by the names of the ports", () => {
    const { spec, errors } = put(node, { type: "NodePort" });
    expect(errors).toBe(none);
    expect(spec).toMatchObject({ clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"] });
    expect(spec.ports).toEqual([{ ...port, nodePort: 30_001 }]);
  });

  it("does not give one node port to two ports", () => {
    const ports = [
      { ...port, name: "" },
      { ...port, name: "new", port: 81, nodePort: 30_001 },
    ];
    const { spec } = put(node, { type: "NodePort", ports });
    expect(spec.ports?.map(({ nodePort }) => nodePort)).toEqual([undefined, 30_001]);
  });
});

describe("a new type", () => {
  it("drops what it has no use for", () => {
    const { spec, errors } = put(balancer, { ...balancer.spec, type: "ClusterIP" });
    expect(errors).toBe(none);
    expect(spec).toEqual({ ...cluster.spec });
  });

  it("without an address drops that too", () => {
    const change = { ...cluster.spec, type: "ExternalName", externalName: "example.com" };
    const { spec, errors } = put(cluster, change);
    expect(errors).toBe(none);
    expect(spec).toEqual({ ...external.spec, ports: [port] });
  });

  it("keeps what this update changes, for validation to refuse", () => {
    const change = { ...balancer.spec, type: "ClusterIP", loadBalancerClass: "example.com/b" };
    expect(put(balancer, change).errors).toBe(
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    );
  });

  it("takes the load balancer's addresses out of the status", () => {
    const old = { ...balancer, status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };
    const draft = structuredClone(cluster);
    prepareServiceUpdate(draft, old);
    expect(draft.status).toEqual({ loadBalancer: {} });
  });
});

describe("an address", () => {
  it.each<[string, Spec, string]>([
    [
      "another, by the older field",
      { ...cluster.spec, clusterIP: "10.96.0.6" },
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set',
    ],
    [
      "another, by the older field alone",
      { clusterIP: "10.96.0.6" },
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set',
    ],
    [
      "another, by the newer field alone",
      { ...cluster.spec, clusterIPs: ["10.96.0.6"] },
      '[spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set, ' +
        'spec.clusterIPs: Invalid value: ["10.96.0.6"]: first value must match `clusterIP`]',
    ],
    [
      "another family",
      { ...cluster.spec, ipFamilies: ["IPv6"] },
      '[spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set, ' +
        'spec.clusterIPs[0]: Invalid value: "10.96.0.5": ' +
        "expected an IPv6 value as indicated by `ipFamilies[0]`]",
    ],
  ])("cannot become %s", (_, change, text) => {
    expect(put(cluster, change).errors).toBe(text);
  });

  it("may be given to a service that had none", () => {
    const { errors } = put(external, { ...address, type: "ClusterIP" });
    expect(errors).toBe(none);
  });
});
