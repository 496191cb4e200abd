import { describe, expect, test } from "vitest";
import { parseDuration, readSettings, type UpOptions } from "./options.ts";
import { UsageError } from "./usage.ts";

const options: UpOptions = {
  name: "kubus",
  nodes: "1",
  runtime: "auto",
  host: "127.0.0.1",
  port: "6443",
  serviceCidr: "127.96.0.0/16",
  wait: "60s",
};
const settings = (changed: Partial<UpOptions>, env: NodeJS.ProcessEnv = {}) =>
  readSettings({ ...options, ...changed }, { HOME: "/home/her", ...env });

describe("settings of up", () => {
  test("by default", () => {
    expect(settings({})).toMatchObject({
      context: "kubus",
      data: "/home/her/.kubus/kubus",
      waitMs: 60_000,
      separate: false,
      only: undefined,
      natsUrl: undefined,
    });
  });

  test("another name means another context and another folder", () => {
    expect(settings({ name: "two" })).toMatchObject({
      context: "kubus-two",
      data: "/home/her/.kubus/two",
    });
  });

  test("of the layout are just those that were given", () => {
    expect(settings({ stores: "2", storeHistory: "1h" }).layout).toEqual({
      stores: 2,
      historyMsMax: 3_600_000,
    });
  });

  test("the option comes before the environment", () => {
    const env = { NATS_URL: "nats://b" };
    expect(settings({}, env).natsUrl).toBe("nats://b");
    expect(settings({ natsUrl: "nats://a" }, env).natsUrl).toBe("nats://a");
  });

  test.each<[Partial<UpOptions>, RegExp]>([
    [{ nodes: "-1" }, /--nodes -1: expected a whole number from 0 to 3072/],
    [{ nodes: "1.5" }, /--nodes 1.5/],
    [{ port: "65536" }, /--port 65536: expected a whole number from 0 to 65535/],
    [{ port: "" }, /--port/],
    [{ runtime: "podman" }, /--runtime podman: choose auto/],
    [{ name: "A b" }, /--name "A b"/],
    [{ name: "../x" }, /--name/],
    [{ wait: "soon" }, /--wait soon: expected a duration/],
    [{ stores: "0" }, /--stores 0: expected a whole number from 1 to 7/],
    [{ apiservers: "many" }, /--apiservers many/],
    [{ storeHistory: "1s" }, /--store-history 1s: expected 10s to 24h/],
    [{ storeHistoryCount: "5" }, /--store-history-count 5: expected a whole number from 1000/],
  ])("%j is refused", (changed, message) => {
    expect(() => settings(changed)).toThrow(UsageError);
    expect(() => settings(changed)).toThrow(message);
  });
});

test.each([
  ["60s", 60_000],
  ["1m30s", 90_000],
  ["500ms", 500],
  ["1.5h", 5_400_000],
  ["10", 10_000],
  ["0", 0],
])("%s is %i ms", (text, expected) => {
  expect(parseDuration("--wait", text)).toBe(expected);
});
