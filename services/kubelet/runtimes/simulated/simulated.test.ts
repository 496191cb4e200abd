import { describe, expect, test } from "vitest";
import { realWorld, type World } from "#libs/actor/world.ts";
import type { Container } from "#proto/gen/k8s/core/v1.ts";
import { container, podOf } from "../../pod/example.ts";
import { RuntimeError, type StartStep } from "../../runtime.ts";
import { AddressPool } from "./addresses.ts";
import { SimulatedLog } from "./log.ts";
import { SimulatedRuntime } from "./runtime.ts";
import { annotations, scriptOf } from "./script.ts";

describe("script", () => {
  const runs = [undefined, 0, []];

  test.each<[string, Container, unknown[]]>([
    ["no command", {}, runs],
    ["a server", { command: ["nginx", "-g", "daemon off;"] }, runs],
    ["true", { command: ["true"] }, [0, 0, []]],
    ["/bin/false", { command: ["/bin/false"] }, [0, 1, []]],
    ["echo", { command: ["echo"], args: ["a", "b"] }, [0, 0, ["a b"]]],
    ["sleep", { command: ["sleep", "2m"] }, [120_000, 0, []]],
    ["sleep infinity", { command: ["sleep", "infinity"] }, runs],
    ["a shell", { command: ["sh", "-c", "echo 'hi'; sleep 1 && exit 3"] }, [1_000, 3, ["hi"]]],
    ["a shell that stops there", { command: ["sh", "-c", "exit 2; sleep 9"] }, [0, 2, []]],
    ["a shell with more", { args: ["bash", "-ec", "echo up; exec serve"] }, [undefined, 0, ["up"]]],
  ])("%s", (_, own, [exitAfterMs, exitCode, output]) => {
    const script = scriptOf(podOf(), container("main", own), 0);
    expect(script).toEqual({ exitAfterMs, exitCode, output, failure: undefined });
  });

  const annotated = (texts: Record<string, string>, attempt: number, name = "main") => {
    const pod = podOf();
    const metadata = { ...pod.metadata, annotations: texts };
    return scriptOf({ ...pod, metadata }, container(name), attempt);
  };

  test.each([
    [0, 1],
    [1, 2],
    [2, 0],
    [9, 0],
  ])("start %i ends with the exit code of its own: %i", (attempt, exitCode) => {
    const script = annotated({ [annotations.exitCode]: "1, 2, 0" }, attempt);
    expect(script).toMatchObject({ exitAfterMs: 0, exitCode });
  });

  test("a container's own annotation counts more than its pod's", () => {
    const texts = {
      [annotations.exitAfterMs]: "never",
      [`${annotations.exitAfterMs}.main`]: "50",
      [annotations.output]: "one, two\nthree",
    };
    expect(annotated(texts, 0)).toMatchObject({
      exitAfterMs: 50,
      output: ["one, two", "three"],
    });
    expect(annotated(texts, 0, "other").exitAfterMs).toBeUndefined();
  });

  test("a start can be made to fail, until it does not", () => {
    const texts = { [annotations.failure]: "ErrImagePull,none" };
    expect(annotated(texts, 0).failure?.reason).toBe("ErrImagePull");
    expect(annotated(texts, 1).failure).toBeUndefined();
  });

  test("what prepares a pod ends, a sidecar does not", () => {
    const one = container("one", { command: ["wait-for", "db"] });
    const side = container("side", { command: ["proxy"], restartPolicy: "Always" });
    const pod = podOf({ initContainers: [one, side] });
    expect(scriptOf(pod, one, 0).exitAfterMs).toBe(0);
    expect(scriptOf(pod, side, 0).exitAfterMs).toBeUndefined();
  });
});

describe("addresses", () => {
  test("start behind the gateway and end before the broadcast", () => {
    const pool = new AddressPool("10.244.3.0/29");
    const all = Array.from({ length: 5 }, () => pool.take());
    expect(all).toEqual([2, 3, 4, 5, 6].map((last) => `10.244.3.${last}`));
    expect(() => pool.take()).toThrow("no address is free");
  });

  test("one that is given back is taken last", () => {
    const pool = new AddressPool("10.0.0.0/29");
    pool.give(pool.take());
    const rest = Array.from({ length: 5 }, () => pool.take());
    expect(rest).toEqual([3, 4, 5, 6, 2].map((last) => `10.0.0.${last}`));
  });

  test("cross the borders of bytes", () => {
    const pool = new AddressPool("10.0.255.252/15");
    expect([pool.take(), pool.take(), pool.take()]).toEqual([
      "10.0.255.254",
      "10.0.255.255",
      "10.1.0.0",
    ]);
  });

  test.each(["fd00::/64", "10.0.0.0", ""])("%j is no network of these", (cidr) => {
    expect(() => new AddressPool(cidr)).toThrow("not an IPv4 CIDR");
  });
});

describe("log", () => {
  const read = async (log: SimulatedLog, more: object = {}) => {
    const options = { follow: false, timestamps: false, ...more };
    let text = "";
    for await (const chunk of log.read(options, new AbortController().signal)) {
      text += Buffer.from(chunk).toString();
    }
    return text;
  };
  const filled = (count: number) => {
    const log = new SimulatedLog();
    for (let line = 1; line <= count; line += 1) log.write(`line ${line}`, line * 1_000);
    return log;
  };

  test.each([
    [{}, "line 1\nline 2\nline 3\n"],
    [{ tailLines: 1 }, "line 3\n"],
    [{ tailLines: 0 }, ""],
    [{ tailLines: 9 }, "line 1\nline 2\nline 3\n"],
    [{ since: 2_000 }, "line 2\nline 3\n"],
    [{ since: 2_000, tailLines: 1 }, "line 3\n"],
    [{ tailLines: 1, timestamps: true }, "1970-01-01T00:00:03.000000000Z line 3\n"],
  ])("%j", async (options, expected) => {
    expect(await read(filled(3), options)).toBe(expected);
  });

  test("keeps so many lines and no more", async () => {
    const lines = (await read(filled(1_002))).trim().split("\n");
    expect(lines).toHaveLength(1_000);
    expect(lines[0]).toBe("line 3");
  });

  test("is followed to its end", async () => {
    const log = filled(1);
    const text = read(log, { follow: true });
    log.write("line 2", 2_000);
    log.close();
    expect(await text).toBe("line 1\nline 2\n");
  });
});

describe("runtime", () => {
  const context = { tell: () => undefined, signal: new AbortController().signal };
  const start = (name: string, own: Container = {}) => container(name, own);
  const pod = podOf();

  function made(world: World = realWorld) {
    const runtime = new SimulatedRuntime(world, "10.0.0.0/24");
    const told: string[] = [];
    runtime.watch((uid) => told.push(uid));
    return { runtime, told };
  }

  test("runs a container in a pod with an address, and tells each step", async () => {
    const { runtime } = made();
    const steps: StartStep["type"][] = [];
    await runtime.createSandbox(pod);
    await runtime.createSandbox(pod);
    const tell = ({ type }: StartStep) => void steps.push(type);
    await runtime.startContainer(pod, start("main"), 0, { ...context, tell });
    await runtime.startContainer(pod, start("main"), 0, { ...context, tell });
    expect(steps).toEqual(["ImagePresent", "Created", "Started"]);
    expect(await runtime.get("u1")).toMatchObject({
      ip: "10.0.0.2",
      isRunning: true,
      containers: [{ name: "main", state: "running", attempt: 0 }],
    });
    expect(await runtime.list()).toHaveLength(1);
  });

  test("what it gave out does not change", async () => {
    const { runtime, told } = made();
    await runtime.createSandbox(pod);
    await runtime.startContainer(pod, start("main"), 0, context);
    const before = await runtime.get("u1");
    expect(runtime.kill("u1", "main", 137, "OOMKilled")).toBe(true);
    expect(runtime.kill("u1", "main", 137)).toBe(false);
    expect(before?.containers[0]?.state).toBe("running");
    expect((await runtime.get("u1"))?.containers[0]).toMatchObject({
      state: "exited",
      exitCode: 137,
      reason: "OOMKilled",
    });
    expect(told).toEqual(["u1"]);
  });

  test("keeps the last ends of a container and no more", async () => {
    const { runtime } = made();
    await runtime.createSandbox(pod);
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await runtime.startContainer(pod, start("main"), attempt, context);
      await runtime.stopContainer(pod, "main");
    }
    const attempts = (await runtime.get("u1"))?.containers.map(({ attempt }) => attempt);
    expect(attempts).toEqual([3, 4, 5]);
  });

  test("ends a pod, with or without what is left of it", async () => {
    const { runtime } = made();
    await runtime.createSandbox(pod);
    await runtime.startContainer(pod, start("main"), 0, context);
    await runtime.removeSandbox("u1", { keepLogs: true });
    expect(await runtime.get("u1")).toMatchObject({ isRunning: false, ip: undefined });
    await runtime.removeSandbox("u1", { keepLogs: false });
    expect(await runtime.get("u1")).toBeUndefined();
  });

  test("refuses what is scripted to fail, and what has no surroundings", async () => {
    const { runtime } = made();
    const begin = async (annotation: string) => {
      const metadata = { ...pod.metadata, annotations: { [annotations.failure]: annotation } };
      await runtime.startContainer({ ...pod, metadata }, start("main"), 0, context);
    };
    await expect(begin("none")).rejects.toBeInstanceOf(RuntimeError);
    await runtime.createSandbox(pod);
    await expect(begin("ErrImagePull")).rejects.toMatchObject({ reason: "ErrImagePull" });
  });

  test("pulls no image from a place that cannot be", async () => {
    const { runtime } = made();
    await runtime.createSandbox(pod);
    const missing = { name: "main", image: "registry.invalid:5000/missing:1" };
    const begin = async () => runtime.startContainer(pod, missing, 0, context);
    await expect(begin()).rejects.toMatchObject({
      reason: "ErrImagePull",
      message: "lookup registry.invalid: no such host",
    });
  });
});
