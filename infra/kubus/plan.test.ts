import { describe, expect, test } from "vitest";
import type { Pki } from "../certs/pki.ts";
import { type Layout, usualLayout } from "./layout.ts";
import { firstServiceIp, serviceCidrOf } from "./networks.ts";
import { checkNames, nodeNames, planStages } from "./plan.ts";

const credentials = { cert: "C", key: "K" };
const pki: Pki = {
  ca: "CA",
  caKey: "CAKEY",
  apiserver: credentials,
  admin: credentials,
  serviceAccount: { publicKey: "P", key: "S" },
};
const stages = (
  only?: readonly string[],
  nodes = ["a-node-1", "a-node-2"],
  layout: Layout = usualLayout,
) =>
  planStages({
    only,
    host: "127.0.0.1",
    port: 6443,
    ports: layout.apiservers === 1 ? [6443] : [7001, 7002],
    layout,
    pki,
    serviceCidr: "127.96.0.0/16",
    nodes,
    runtime: "simulated",
    data: "/data",
  });
const names = (only?: readonly string[], nodes?: string[]) =>
  stages(only, nodes).map((stage) =>
    stage.map(({ service, component, instance }) => `${component ?? service}/${instance}`),
  );

describe("the plan", () => {
  test("starts the store, then the API server, then the rest together", () => {
    expect(names()).toEqual([
      ["store/0"],
      ["apiserver/0"],
      ["controllers/0", "scheduler/0", "kubelet/a-node-1", "kubelet/a-node-2", "proxy/0"],
    ]);
  });

  test.each<[string[], string[][]]>([
    [["store"], [["store/0"]]],
    [
      ["scheduler", "store"],
      [["store/0"], ["scheduler/0"]],
    ],
    [["deployment-controller"], [["deployment-controller/0"]]],
    [["controllers", "deployment-controller"], [["controllers/0"]]],
  ])("with only %j", (only, expected) => {
    expect(names(only)).toEqual(expected);
  });

  test("without nodes has no kubelet", () => {
    expect(names(["kubelet"], [])).toEqual([]);
  });

  test("has as many stores and API servers as the layout says", () => {
    const layout = { ...usualLayout, replicas: 3, stores: 3, apiservers: 2, historyMsMax: 60_000 };
    const [stores = [], apiservers = []] = stages(undefined, [], layout);
    expect(stores.map(({ instance }) => instance)).toEqual(["0", "1", "2"]);
    expect(stores[2]?.config).toEqual({ replicas: 3, historyMsMax: 60_000 });
    const ports = apiservers.map(({ instance, config }) => ({ instance, ...(config as object) }));
    expect(ports).toMatchObject([
      { instance: "0", port: 7001, advertisePort: 6443 },
      { instance: "1", port: 7002, advertisePort: 6443 },
    ]);
  });

  test("can be written down as JSON", () => {
    expect(JSON.parse(JSON.stringify(stages()))).toMatchObject(
      stages().map((stage) => stage.map(({ service, config }) => ({ service, config }))),
    );
  });

  test("names what there is when it does not know a name", () => {
    expect(() => checkNames(["store", "etcd"], ["deployment-controller"])).toThrow(
      /--only etcd: there are store, .*deployment-controller/,
    );
  });
});

test("nodes are numbered from 1", () => {
  expect(nodeNames("kubus", 2)).toEqual(["kubus-node-1", "kubus-node-2"]);
});

test("every cluster has a service network of its own inside 127.0.0.0/8", () => {
  const networks = ["/home/.kubus/kubus", "/home/.kubus/two", "/tmp/three"].map((data, index) =>
    serviceCidrOf(data, index === 0),
  );
  expect(networks[0]).toBe("127.96.0.0/16");
  expect(new Set(networks).size).toBe(networks.length);
  for (const network of networks) expect(network).toMatch(/^127\.(\d+)\.0\.0\/16$/);
});

test("the first service address", () => {
  expect(firstServiceIp("10.96.0.0/12")).toBe("10.96.0.1");
  expect(() => firstServiceIp("none")).toThrow(/--service-cidr none/);
});
