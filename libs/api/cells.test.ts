/** Rows of `kubectl get` that the recorded answers leave out. */
import { describe, expect, it } from "vitest";
import { endpoints } from "./core/v1/endpoints.ts";
import { events } from "./core/v1/events.ts";
import { persistentvolumeclaims } from "./core/v1/persistentvolumeclaims.ts";
import { persistentvolumes } from "./core/v1/persistentvolumes.ts";
import { resourcequotas } from "./core/v1/resourcequotas.ts";
import { secrets } from "./core/v1/secrets.ts";
import { services } from "./core/v1/services.ts";
import { endpointslices } from "./discovery/v1/endpointslices.ts";
import { groupEvents } from "./events/v1/events.ts";
import type { KubeObject, ResourceDefinition } from "./resource.ts";

const now = Date.parse("2026-01-01T01:00:00Z");
const metadata = { name: "x", namespace: "n", creationTimestamp: "2026-01-01T00:59:00Z" };

function row<T extends KubeObject>({ printColumns }: ResourceDefinition<T>, object: T) {
  return printColumns.map(({ cell }) => cell({ metadata, ...object }, now));
}

const subset = (count: number, ports: { port: number }[] = []) => ({
  addresses: Array.from({ length: count }, (_, at) => ({ ip: `10.0.0.${at}` })),
  ports,
});

describe("services", () => {
  const cluster = { type: "ClusterIP", clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"] };
  const tcp = (port: number, nodePort?: number) => ({ port, nodePort, protocol: "TCP" });
  it.each([
    [
      { ...cluster, ports: [tcp(80), tcp(443)], selector: { b: "2", a: "1" } },
      ["x", "ClusterIP", "10.96.0.1", "<none>", "80/TCP,443/TCP", "60s", "a=1,b=2"],
    ],
    [
      { ...cluster, type: "NodePort", externalIPs: ["1.2.3.4"], ports: [tcp(80, 30_080)] },
      ["x", "NodePort", "10.96.0.1", "1.2.3.4", "80:30080/TCP", "60s", "<none>"],
    ],
    [
      { ...cluster, type: "LoadBalancer", ports: [tcp(80)] },
      ["x", "LoadBalancer", "10.96.0.1", "<pending>", "80/TCP", "60s", "<none>"],
    ],
    [
      { type: "ExternalName", externalName: "example.com" },
      ["x", "ExternalName", "<none>", "example.com", "<none>", "60s", "<none>"],
    ],
    [
      { type: "ClusterIP", clusterIP: "None", clusterIPs: ["None"], ports: [tcp(80)] },
      ["x", "ClusterIP", "None", "<none>", "80/TCP", "60s", "<none>"],
    ],
  ])("%j", (spec, cells) => {
    expect(row(services, { spec })).toEqual(cells);
  });

  it("shows where a load balancer is, names and addresses in order", () => {
    const ingress = [{ hostname: "lb.example" }, { ip: "192.0.2.1" }];
    const spec = { ...cluster, type: "LoadBalancer", externalIPs: ["1.2.3.4"] };
    const cells = row(services, { spec, status: { loadBalancer: { ingress } } });
    expect(cells[3]).toBe("192.0.2.1,lb.example,1.2.3.4");
  });
});

describe("endpoints", () => {
  it.each([
    [[], "<none>"],
    [[subset(1)], "10.0.0.0"],
    [[subset(2, [{ port: 80 }])], "10.0.0.0:80,10.0.0.1:80"],
    [[subset(5, [{ port: 80 }])], "10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more..."],
    [
      [{ addresses: [{ ip: "fd00::1" }], ports: [{ port: 1 }, { port: 2 }] }],
      "[fd00::1]:1,[fd00::1]:2",
    ],
  ])("%j", (subsets, text) => {
    expect(row(endpoints, { subsets })).toEqual(["x", text, "60s"]);
  });
});

describe("endpoint slices", () => {
  it("names three ports and three addresses", () => {
    const list = [1, 2, 3, 4];
    const cells = row(endpointslices, {
      addressType: "IPv4",
      ports: list.map((port) => ({ port })),
      endpoints: list.map((at) => ({ addresses: [`10.0.0.${at}`] })),
    });
    const addresses = "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...";
    expect(cells).toEqual(["x", "IPv4", "1,2,3 + 1 more...", addresses, "60s"]);
  });

  it("says when there are none", () => {
    const cells = row(endpointslices, { addressType: "IPv4" });
    expect(cells).toEqual(["x", "IPv4", "<unset>", "<unset>", "60s"]);
    const [, , anyPort] = row(endpointslices, { addressType: "IPv4", ports: [{ name: "" }] });
    expect(anyPort).toBe("*");
  });
});

describe("events", () => {
  const involvedObject = { kind: "Pod", name: "p", fieldPath: "spec.containers{c}" };
  const told = { type: "Normal", reason: "Pulled", message: " done \n", involvedObject };

  it("shows an event as it is repeated", () => {
    const cells = row(events, {
      ...told,
      source: { component: "kubelet", host: "node-1" },
      firstTimestamp: "2026-01-01T00:50:00Z",
      lastTimestamp: "2026-01-01T00:59:30Z",
      count: 3,
    });
    const [kind, part, source] = ["pod/p", "spec.containers{c}", "kubelet, node-1"];
    const start = ["30s", "Normal", "Pulled", kind, part, source];
    expect(cells).toEqual([...start, "done", "10m", 3, "x"]);
  });

  it("shows an event of events.k8s.io the same way, alone and as a series", () => {
    const event = {
      type: "Normal",
      reason: "Pulled",
      note: "done",
      regarding: { kind: "Node" },
      eventTime: "2026-01-01T00:59:50.000000Z",
      reportingController: "c",
    };
    const alone = ["10s", "Normal", "Pulled", "node", "", "c", "done", "10s", 1, "x"];
    expect(row(groupEvents, event)).toEqual(alone);
    const series = { count: 7, lastObservedTime: "2026-01-01T00:59:58.000000Z" };
    const cells = row(groupEvents, { ...event, series });
    expect([cells[0], cells[7], cells[8]]).toEqual(["2s", "10s", 7]);
  });

  it("does not know when nothing says it", () => {
    expect(row(events, told)[0]).toBe("<unknown>");
  });
});

describe("storage", () => {
  it("shows a bound volume and its claim", () => {
    const modes = ["ReadWriteMany", "ReadWriteOnce"];
    const volume = row(persistentvolumes, {
      spec: {
        capacity: { storage: "5Gi" },
        accessModes: modes,
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace: "n", name: "c" },
        storageClassName: "fast",
        volumeMode: "Filesystem",
      },
      status: { phase: "Bound" },
    });
    const rest = ["fast", "<unset>", "", "60s", "Filesystem"];
    expect(volume).toEqual(["x", "5Gi", "RWO,RWX", "Retain", "Bound", "n/c", ...rest]);
    const claim = row(persistentvolumeclaims, {
      spec: { volumeName: "v", storageClassName: "fast" },
      status: { phase: "Bound", capacity: { storage: "5Gi" }, accessModes: modes },
    });
    const size = ["v", "5Gi", "RWO,RWX", "fast"];
    expect(claim).toEqual(["x", "Bound", ...size, "<unset>", "60s", "<unset>"]);
  });

  it("shows nothing of a size that a claim has not got yet", () => {
    const claim = row(persistentvolumeclaims, { status: { phase: "Pending" } });
    expect(claim.slice(1, 6)).toEqual(["Pending", "", "", "", ""]);
  });
});

describe("others", () => {
  it("counts a secret's keys", () => {
    const cells = row(secrets, { type: "Opaque", data: { a: "", b: "" } });
    expect(cells).toEqual(["x", "Opaque", 2, "60s"]);
  });

  it("shows a quota's use", () => {
    const hard = { pods: "10", "requests.cpu": "1", "limits.cpu": "2" };
    const status = { hard, used: { pods: "1", "requests.cpu": "1500m" } };
    const request = "pods: 1/10, requests.cpu: 1500m/1";
    expect(row(resourcequotas, { status })).toEqual(["x", request, "limits.cpu: 0/2", "60s"]);
  });
});
