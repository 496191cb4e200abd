import { describe, expect, test } from "vitest";
import type { Endpoints, Pod, Service } from "#proto/gen/k8s/core/v1.ts";
import { reconcile } from "./decide.ts";

const service: Service = {
  metadata: { name: "web", namespace: "default", labels: { team: "a" } },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
};
const pod = (name: string, ip: string, ready = true): Pod => ({
  metadata: { name, namespace: "default", uid: name },
  spec: { nodeName: "n1" },
  status: { podIP: ip, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const address = (name: string, ip: string) => ({
  ip,
  nodeName: "n1",
  targetRef: { kind: "Pod", namespace: "default", name, uid: name },
});
const labels = { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" };

describe("endpoints", () => {
  test("are made with ready and unready addresses by ports", () => {
    const pods = [pod("b", "10.0.0.2"), pod("a", "10.0.0.1"), pod("c", "10.0.0.3", false)];
    expect(reconcile({ service, pods, endpoints: undefined }).actions).toEqual([
      {
        type: "CreateEndpoints",
        endpoints: {
          metadata: { name: "web", namespace: "default", labels },
          subsets: [
            {
              addresses: [address("a", "10.0.0.1"), address("b", "10.0.0.2")],
              notReadyAddresses: [address("c", "10.0.0.3")],
              ports: [{ port: 8080, protocol: "TCP" }],
            },
          ],
        },
      },
    ]);
  });

  test("that say so already are left alone", () => {
    const pods = [pod("a", "10.0.0.1")];
    const [action] = reconcile({ service, pods, endpoints: undefined }).actions;
    const endpoints = action?.endpoints;
    expect(reconcile({ service, pods, endpoints }).actions).toEqual([]);
    expect(reconcile({ service, pods: [], endpoints }).actions).toMatchObject([
      { type: "UpdateEndpoints", endpoints: { subsets: [] } },
    ]);
  });

  test("are cut off at a thousand, and say so", () => {
    const pods = Array.from({ length: 1_001 }, (_, index) =>
      pod(`p${index}`, `10.1.${index >> 8}.${index & 255}`),
    );
    const [action] = reconcile({ service, pods, endpoints: undefined }).actions;
    expect(action?.endpoints.subsets?.[0]?.addresses).toHaveLength(1_000);
    expect(action?.endpoints.metadata?.annotations).toEqual({
      "endpoints.kubernetes.io/over-capacity": "truncated",
    });
  });

  test.each<[string, Endpoints | undefined, string[]]>([
    ["nothing", undefined, []],
    ["its own", { metadata: { labels } }, ["DeleteEndpoints"]],
    ["somebody's", { metadata: { labels: {} } }, []],
  ])("of a service that is gone: %s", (_, endpoints, types) => {
    const { actions } = reconcile({ service: undefined, pods: [], endpoints });
    expect(actions.map(({ type }) => type)).toEqual(types);
  });
});
