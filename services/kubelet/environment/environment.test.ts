import { describe, expect, test } from "vitest";
import type { ConfigMap, Container, EnvVar, Secret, Service } from "#proto/gen/k8s/core/v1.ts";
import { container, podOf } from "../pod/example.ts";
import { environmentOf, referencesOf } from "./environment.ts";
import { expand } from "./expand.ts";
import { fieldValue, resourceValue } from "./fields.ts";
import { serviceVariables } from "./services.ts";

const pod = {
  ...podOf({ nodeName: "node-1", serviceAccountName: "robot" }),
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "u1",
    labels: { tier: "front", app: "web" },
    annotations: { "example.com/note": 'say "hi"' },
  },
};
const facts = { pod, hostIp: "192.0.2.1", podIp: "10.0.0.2" };
const node = { cpu: "4", memory: "8Gi", "ephemeral-storage": "100Gi" };
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("expand", () => {
  const variables = { A: "1", "B-C.d": "2", EMPTY: "" };

  test.each([
    ["plain", "plain"],
    ["$(A)", "1"],
    ["-$(A)-$(B-C.d)-", "-1-2-"],
    ["$(EMPTY)", ""],
    ["$(NONE)", "$(NONE)"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$$", "$"],
    ["$A ${A}", "$A ${A}"],
    ["$(A", "$(A"],
    ["$(toString)", "$(toString)"],
    ["$($(A))", "$($(A))"],
  ])("%j becomes %j", (text, expected) => {
    expect(expand(text, variables)).toBe(expected);
  });
});

test.each([
  ["metadata.name", "web"],
  ["metadata.namespace", "shop"],
  ["metadata.uid", "u1"],
  ["metadata.labels['tier']", "front"],
  ["metadata.labels['none']", ""],
  ["metadata.annotations['example.com/note']", 'say "hi"'],
  ["metadata.labels", 'app="web"\ntier="front"'],
  ["metadata.annotations", 'example.com/note="say \\"hi\\""'],
  ["spec.nodeName", "node-1"],
  ["spec.serviceAccountName", "robot"],
  ["status.hostIP", "192.0.2.1"],
  ["status.podIP", "10.0.0.2"],
  ["status.podIPs", "10.0.0.2"],
  ["status.phase", undefined],
  ["constructor", undefined],
])("field %s is %j", (path, expected) => {
  expect(fieldValue(facts, path)).toBe(expected);
});

describe("resources", () => {
  const limited = container("main", {
    resources: { limits: { cpu: "1500m", memory: "100Mi" }, requests: { cpu: "250m" } },
  });

  test.each<[string, string | undefined, string | undefined]>([
    ["limits.cpu", undefined, "2"],
    ["limits.cpu", "1m", "1500"],
    ["limits.memory", undefined, "104857600"],
    ["limits.memory", "1Mi", "100"],
    ["limits.memory", "1Gi", "1"],
    ["limits.memory", "0", "104857600"],
    ["requests.cpu", "1m", "250"],
    ["requests.cpu", undefined, "1"],
    ["requests.memory", undefined, "0"],
    ["limits.ephemeral-storage", "1Gi", "100"],
    ["limits.hugepages-2Mi", undefined, "0"],
    ["limits.pods", undefined, undefined],
    ["cpu", undefined, undefined],
  ])("%s in units of %s is %s", (resource, divisor, expected) => {
    const selector = { resource, ...(divisor === undefined ? {} : { divisor }) };
    expect(resourceValue(limited, selector, node)).toBe(expected);
  });

  test("a limit that is not set is what the node has", () => {
    const plain = container("main");
    expect(resourceValue(plain, { resource: "limits.cpu" }, node)).toBe("4");
    const divisor = "1Gi";
    expect(resourceValue(plain, { resource: "limits.memory", divisor }, node)).toBe("8");
  });
});

describe("services", () => {
  const service = (name: string, clusterIP: string, ports: Service["spec"]): Service => ({
    metadata: { name },
    spec: { clusterIP, ...ports },
  });
  const master = service("kubernetes", "10.96.0.1", { ports: [{ name: "https", port: 443 }] });
  const shop = service("web-shop", "10.96.0.7", {
    ports: [
      { name: "http", port: 80 },
      { name: "dns-udp", port: 53, protocol: "UDP" },
    ],
  });

  test("show host, ports and addresses", () => {
    expect(serviceVariables([shop], [], { isEnabled: true })).toEqual({
      WEB_SHOP_SERVICE_HOST: "10.96.0.7",
      WEB_SHOP_SERVICE_PORT: "80",
      WEB_SHOP_SERVICE_PORT_HTTP: "80",
      WEB_SHOP_SERVICE_PORT_DNS_UDP: "53",
      WEB_SHOP_PORT: "tcp://10.96.0.7:80",
      WEB_SHOP_PORT_80_TCP: "tcp://10.96.0.7:80",
      WEB_SHOP_PORT_80_TCP_PROTO: "tcp",
      WEB_SHOP_PORT_80_TCP_PORT: "80",
      WEB_SHOP_PORT_80_TCP_ADDR: "10.96.0.7",
      WEB_SHOP_PORT_53_UDP: "udp://10.96.0.7:53",
      WEB_SHOP_PORT_53_UDP_PROTO: "udp",
      WEB_SHOP_PORT_53_UDP_PORT: "53",
      WEB_SHOP_PORT_53_UDP_ADDR: "10.96.0.7",
    });
  });

  test.each<[string, Service[], boolean, string[]]>([
    ["with links", [shop], true, ["KUBERNETES", "WEB_SHOP"]],
    ["without links the API server alone", [shop], false, ["KUBERNETES"]],
    [
      "headless ones have no address",
      [service("h", "None", { ports: [{ port: 1 }] })],
      true,
      ["KUBERNETES"],
    ],
    ["nor have external names", [service("e", "", {})], true, ["KUBERNETES"]],
  ])("%s", (_, own, isEnabled, expected) => {
    const variables = serviceVariables(own, [master, shop], { isEnabled });
    const names = Object.keys(variables).filter((name) => name.endsWith("_SERVICE_HOST"));
    expect(names.map((name) => name.replace("_SERVICE_HOST", "")).toSorted()).toEqual(expected);
  });

  test("IPv6 addresses stand in brackets in URLs only", () => {
    const six = service("six", "fd00::1", { ports: [{ port: 80 }] });
    expect(serviceVariables([six], [], { isEnabled: true })).toMatchObject({
      SIX_SERVICE_HOST: "fd00::1",
      SIX_PORT: "tcp://[fd00::1]:80",
    });
  });
});

describe("environment", () => {
  const configMaps = new Map<string, ConfigMap | undefined>([
    ["words", { data: { color: "blue", "app.mode": "fast" } }],
    ["none", undefined],
  ]);
  const secrets = new Map<string, Secret | undefined>([
    ["keys", { data: { PASS: base64("s3cret") } }],
    ["none", undefined],
  ]);
  const of = (own: Container, services = {}) =>
    environmentOf({
      ...facts,
      container: container("main", own),
      references: { configMaps, secrets },
      services,
      node,
    });
  const from = (valueFrom: EnvVar["valueFrom"]): Container => ({
    env: [{ name: "A", ...(valueFrom && { valueFrom }) }],
  });

  test.each<[string, Container, Record<string, string>]>([
    ["nothing", {}, {}],
    ["plain values", { env: [{ name: "A", value: "1" }, { name: "B" }] }, { A: "1", B: "" }],
    [
      "values that build on earlier ones",
      {
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "$(A)$(C)" },
          { name: "C", value: "3" },
        ],
      },
      { A: "1", B: "1$(C)", C: "3" },
    ],
    [
      "a whole config map and a whole secret",
      {
        envFrom: [
          { configMapRef: { name: "words" } },
          { secretRef: { name: "keys" }, prefix: "K_" },
        ],
      },
      { color: "blue", "app.mode": "fast", K_PASS: "s3cret" },
    ],
    [
      "what is said one by one counts more",
      {
        envFrom: [{ configMapRef: { name: "words" } }],
        env: [{ name: "color", value: "not $(color)" }],
      },
      { color: "not blue", "app.mode": "fast" },
    ],
    [
      "one key of a config map",
      from({ configMapKeyRef: { name: "words", key: "color" } }),
      { A: "blue" },
    ],
    ["one key of a secret", from({ secretKeyRef: { name: "keys", key: "PASS" } }), { A: "s3cret" }],
    ["a field", from({ fieldRef: { fieldPath: "status.podIP" } }), { A: "10.0.0.2" }],
    ["a resource", from({ resourceFieldRef: { resource: "limits.cpu" } }), { A: "4" }],
    [
      "an optional key that is missing is no variable",
      from({ configMapKeyRef: { name: "words", key: "none", optional: true } }),
      {},
    ],
    [
      "an optional object that is missing",
      {
        ...from({ secretKeyRef: { name: "none", key: "k", optional: true } }),
        envFrom: [{ configMapRef: { name: "none", optional: true } }],
      },
      {},
    ],
  ])("%s", (_, own, expected) => {
    expect(of(own)).toEqual(expected);
  });

  test.each<[Container, string]>([
    [{ envFrom: [{ configMapRef: { name: "none" } }] }, 'configmap "none" not found'],
    [{ envFrom: [{ secretRef: { name: "none" } }] }, 'secret "none" not found'],
    [from({ configMapKeyRef: { name: "none", key: "k" } }), 'configmap "none" not found'],
    [
      from({ configMapKeyRef: { name: "words", key: "k" } }),
      "couldn't find key k in ConfigMap shop/words",
    ],
    [from({ secretKeyRef: { name: "keys", key: "k" } }), "couldn't find key k in Secret shop/keys"],
    [
      from({ fieldRef: { fieldPath: "spec.tolerations" } }),
      "unsupported fieldPath: spec.tolerations",
    ],
  ])("%j is refused", (own, message) => {
    expect(() => of(own)).toThrow(message);
  });

  test("services are there, and count least", () => {
    const own = {
      env: [
        { name: "X_PORT", value: "mine" },
        { name: "B", value: "$(Y_PORT)" },
      ],
    };
    expect(of(own, { X_PORT: "1", Y_PORT: "2" })).toEqual({ X_PORT: "mine", Y_PORT: "2", B: "2" });
  });

  test("names every object that it needs, once", () => {
    const { env } = from({ secretKeyRef: { name: "keys", key: "PASS" } });
    const envFrom = [{ configMapRef: { name: "words" } }, { secretRef: { name: "keys" } }];
    expect(referencesOf({ env: env ?? [], envFrom })).toEqual({
      configMaps: ["words"],
      secrets: ["keys"],
    });
  });
});
