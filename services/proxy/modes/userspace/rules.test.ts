import { describe, expect, it } from "vitest";
import type { PortRule } from "../../decide.ts";
import { planRules } from "./rules.ts";

const options = { nodePortAddresses: ["127.0.0.1"] };
const web = { address: "10.0.0.1", port: 8080 };
const other = { address: "10.0.0.2", port: 8080 };
const service = { metadata: { namespace: "shop", name: "cart" } };

const rule = (changes: Partial<PortRule> = {}): PortRule => ({
  name: "shop/cart:http",
  service,
  protocol: "TCP",
  clusterIps: ["127.64.0.5"],
  port: 8000,
  nodePort: 0,
  affinitySeconds: undefined,
  internal: [web],
  external: [web],
  ...changes,
});

const ids = (...rules: PortRule[]) => planRules(rules, options).listeners.map(({ id }) => id);

describe("planRules", () => {
  it("listens on every cluster IP", () => {
    const clusterIps = ["127.64.0.5", "fd00::5"];
    expect(ids(rule({ clusterIps }))).toEqual(["TCP 127.64.0.5:8000", "TCP [fd00::5]:8000"]);
  });

  it("listens on the node port too, from the same pool", () => {
    const { listeners } = planRules([rule({ nodePort: 30_080 })], options);
    expect(listeners.map(({ id }) => id)).toEqual(["TCP 127.64.0.5:8000", "TCP 127.0.0.1:30080"]);
    expect(new Set(listeners.map(({ pool }) => pool.id)).size).toBe(1);
  });

  it("keeps the pools apart when a traffic policy does", () => {
    const rules = [rule({ nodePort: 30_080, internal: [web, other] })];
    const { listeners } = planRules(rules, options);
    expect(listeners.map(({ pool }) => pool.endpoints)).toEqual([[web, other], [web]]);
    expect(new Set(listeners.map(({ pool }) => pool.id)).size).toBe(2);
  });

  it("does not listen for a port without endpoints: clients are refused", () => {
    expect(ids(rule({ internal: [], external: [], nodePort: 30_080 }))).toEqual([]);
    expect(ids(rule({ external: [], nodePort: 30_080 }))).toEqual(["TCP 127.64.0.5:8000"]);
  });

  it("has another port ready where the wanted one needs privilege", () => {
    const { listeners } = planRules([rule({ port: 80 }), rule({ port: 1024 })], options);
    expect(listeners.map((listener) => listener.portWithoutPrivilege)).toEqual([10_080, 0]);
  });

  it("says that it has no SCTP", () => {
    const { listeners, unsupported } = planRules([rule({ protocol: "SCTP" })], options);
    expect(listeners).toEqual([]);
    expect(unsupported).toEqual([
      { service, message: "port 8000: the userspace proxy has no SCTP" },
    ]);
  });
});
