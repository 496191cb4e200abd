import { describe, expect, it } from "vitest";
import type { Service, ServicePort } from "#proto/gen/k8s/core/v1.ts";
import { aggregateText } from "../../../errors.ts";
import { ipText, rangeOf } from "../../../validation/addresses.ts";
import { allocateService, holdingsOf, type ServiceNetwork } from "./allocation.ts";
import { serviceDefaults } from "./defaults.ts";

const range = rangeOf("10.96.0.0/24");
const network: ServiceNetwork = { range, nodePortMin: 30_000, nodePortMax: 32_767 };

function draftOf(spec: Service["spec"]): Service {
  const draft: Service = { spec: { ports: [{ port: 80 }], ...spec } };
  serviceDefaults(draft);
  return draft;
}

interface Taken {
  readonly ips?: readonly string[];
  readonly nodePorts?: readonly number[];
}

function allocate(
  draft: Service,
  { ips = [], nodePorts = [] }: Taken = {},
  old?: Service,
  given = network,
  random = () => 0,
): string {
  const held = { ips: new Set(ips), nodePorts: new Set(nodePorts) };
  return aggregateText(allocateService(draft, old, given, { held, random }));
}

const nothing = aggregateText([]);
const portsOf = ({ spec }: Service) => (spec?.ports ?? []).map(({ nodePort }) => nodePort);
const ports = (...list: ServicePort[]) => list;

describe("cluster IPs", () => {
  it("come from above the band that is left to those who ask for one", () => {
    const draft = draftOf({});
    expect(allocate(draft)).toBe(nothing);
    // The band of a range of 254 has 16 addresses.
    expect(draft.spec).toMatchObject({
      clusterIP: "10.96.0.17",
      clusterIPs: ["10.96.0.17"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
  });

  it("passes over what is taken and never gives the range's first and last address", () => {
    const all = Array.from({ length: 254 }, (_, at) =>
      ipText({ family: "IPv4", value: range.base + BigInt(at + 1) }),
    );
    const given = new Set<string>();
    for (let count = 0; count < 254; count++) {
      const draft = draftOf({});
      expect(allocate(draft, { ips: [...given] })).toBe(nothing);
      given.add(draft.spec?.clusterIP ?? "");
    }
    expect([...given].sort()).toEqual(all.sort());
    expect(allocate(draftOf({}), { ips: all })).toBe(
      "spec.clusterIPs: Internal error: failed to allocate a serviceIP: range is full",
    );
  });

  it("are given when they are asked for and free", () => {
    const draft = draftOf({ clusterIP: "10.96.0.3", clusterIPs: ["10.96.0.3"] });
    expect(allocate(draft)).toBe(nothing);
    expect(allocate(draft, { ips: ["10.96.0.3"] })).toBe(
      'spec.clusterIPs: Invalid value: ["10.96.0.3"]: failed to allocate IP 10.96.0.3: ' +
        "provided IP is already allocated",
    );
    // The service itself holds it.
    expect(allocate(draft, { ips: ["10.96.0.3"] }, draft)).toBe(nothing);
  });

  it("are not judged where a service has one already: validation does that", () => {
    const old = draftOf({ clusterIP: "10.96.0.3", clusterIPs: ["10.96.0.3"] });
    const draft = draftOf({ clusterIP: "192.0.2.1", clusterIPs: ["192.0.2.1"] });
    expect(allocate(draft, {}, old)).toBe(nothing);
  });

  it.each(["10.96.0.0", "10.96.0.255", "10.97.0.1"])("%s is not to be had", (ip) => {
    expect(allocate(draftOf({ clusterIP: ip, clusterIPs: [ip] }))).toContain(
      "the provided network does not match the current range",
    );
  });

  it("are not given to headless and external services", () => {
    const headless = draftOf({ clusterIP: "None", clusterIPs: ["None"], selector: { a: "b" } });
    const external = draftOf({ type: "ExternalName", externalName: "example.com" });
    expect([allocate(headless), allocate(external)]).toEqual([nothing, nothing]);
    expect(headless.spec?.clusterIPs).toEqual(["None"]);
    expect(external.spec?.clusterIP).toBeUndefined();
    expect(external.spec?.ipFamilies).toBeUndefined();
  });
});

describe("families", () => {
  it("follow from the address", () => {
    const ip = "2001:db8::1";
    expect(allocate(draftOf({ clusterIP: ip, clusterIPs: [ip] }))).toBe(
      `spec.clusterIPs[0]: Invalid value: ["${ip}"]: IPv6 is not configured on this cluster`,
    );
  });

  it("are free for a headless service without selector", () => {
    const draft = draftOf({ clusterIP: "None", clusterIPs: ["None"] });
    allocate(draft);
    expect(draft.spec).toMatchObject({
      ipFamilies: ["IPv4", "IPv6"],
      ipFamilyPolicy: "RequireDualStack",
    });
  });

  it.each([
    [
      { ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "SingleStack" },
      'spec.ipFamilyPolicy: Invalid value: "SingleStack": ' +
        "must be RequireDualStack or PreferDualStack when multiple ipFamilies are specified",
    ],
    [
      { ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": ' +
        "this cluster is not configured for dual-stack services",
    ],
    [
      { ipFamilies: ["IPv6"] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
  ])("%j is refused", (spec, text) => {
    expect(allocate(draftOf(spec))).toContain(text);
  });
});

describe("node ports", () => {
  it("come from above the band that is left to those who ask for one", () => {
    const draft = draftOf({ type: "NodePort" });
    allocate(draft);
    expect(portsOf(draft)).toEqual([30_086]);
  });

  it("are shared by the protocols of one port, and by nothing else", () => {
    const list = ports(
      { name: "a", port: 53, protocol: "TCP" },
      { name: "b", port: 53, protocol: "UDP" },
      { name: "c", port: 80, protocol: "TCP" },
    );
    const draft = draftOf({ type: "NodePort", ports: list });
    allocate(draft);
    const [tcp, udp, web] = portsOf(draft);
    expect(udp).toBe(tcp);
    expect(web).not.toBe(tcp);
  });

  it.each([
    [[80], "provided port is not in the valid range. The range of valid ports is 30000-32767"],
    [[31_000, 31_000], "spec.ports[1].nodePort: Invalid value: 31000: provided port is already"],
    [[30_500], "provided port is already allocated"],
  ])("%j is refused", (wanted, text) => {
    const list = wanted.map((nodePort, at) => ({ name: `p${at}`, port: 80 + at, nodePort }));
    const draft = draftOf({ type: "NodePort", ports: list });
    expect(allocate(draft, { nodePorts: [30_500] })).toContain(text);
  });

  it("that a service has are kept, although they are held", () => {
    const old = draftOf({ type: "NodePort", ports: ports({ port: 80, nodePort: 30_500 }) });
    const draft = structuredClone(old);
    expect(allocate(draft, { nodePorts: [30_500] }, old)).toBe(nothing);
    expect(portsOf(draft)).toEqual([30_500]);
  });

  it("a new port does not get the one that another port of the service gives up", () => {
    const old = draftOf({ type: "NodePort", ports: ports({ port: 80, nodePort: 30_086 }) });
    const draft = draftOf({ type: "NodePort" });
    allocate(draft, { nodePorts: [30_086] }, old);
    expect(portsOf(draft)).toEqual([30_087]);
  });

  it("are not wanted by a load balancer that does without", () => {
    const draft = draftOf({ type: "LoadBalancer", allocateLoadBalancerNodePorts: false });
    allocate(draft);
    expect(portsOf(draft)).toEqual([undefined]);
  });

  it("end", () => {
    const narrow = { ...network, nodePortMin: 30_000, nodePortMax: 30_000 };
    const draft = draftOf({ type: "NodePort" });
    expect(allocate(draft, { nodePorts: [30_000] }, undefined, narrow)).toBe(
      "spec.ports[0].nodePort: Internal error: failed to allocate a nodePort: range is full",
    );
  });

  it("include one for health checks of local traffic", () => {
    const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
    const draft = draftOf(spec);
    allocate(draft);
    const { healthCheckNodePort } = draft.spec ?? {};
    expect(portsOf(draft)).not.toContain(healthCheckNodePort);
    expect(holdingsOf(draft)).toEqual({
      ips: new Set([draft.spec?.clusterIP]),
      nodePorts: new Set([...portsOf(draft), healthCheckNodePort]),
    });
  });
});
