import { describe, expect, test } from "vitest";
import { copyLines, whichCluster } from "./farewell.ts";
import { dataFolder, readSettings } from "./options.ts";

const settings = (changed: { name?: string; only?: string; data?: string }) =>
  readSettings(
    {
      name: "kubus",
      nodes: "1",
      runtime: "auto",
      host: "127.0.0.1",
      port: "0",
      wait: "0",
      ...changed,
    },
    process.env,
  );
const bus = { servers: "nats://127.0.0.1:4222", token: "a/b", prefix: "kubus" };

describe("the lines to copy", () => {
  test("reach the API server and the bus", () => {
    const text = copyLines(settings({}), bus, "0.50");
    expect(text).toContain("kubus runs (0.50 s)");
    expect(text).toContain("  kubectl get nodes\n");
    expect(text).toContain("  nats -s nats://a%2Fb@127.0.0.1:4222 sub 'kubus.>'\n");
    expect(text).toContain("  npx kubus actors\n");
  });

  test("name a cluster that is not the usual one", () => {
    const text = copyLines(settings({ name: "two" }), { ...bus, token: undefined }, undefined);
    expect(text).toContain("  kubectl --context kubus-two get nodes\n");
    expect(text).toContain("  nats -s nats://127.0.0.1:4222 sub");
    expect(text).toContain("  npx kubus actors --name two\n");
  });

  test("leave kubectl out where no API server runs", () => {
    expect(copyLines(settings({ only: "store" }), bus, undefined)).not.toContain("kubectl");
  });

  test("name a folder that is not the usual one", () => {
    expect(whichCluster("kubus", "/elsewhere")).toBe(" --data /elsewhere");
    expect(whichCluster("two", dataFolder("two", undefined, process.env))).toBe(" --name two");
  });
});
