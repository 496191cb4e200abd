import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheFolder } from "../tools/cache.ts";
import { capture, type Outcome } from "../tools/command.ts";
import { isAlive } from "../tools/process.ts";
import type { ClusterRecord } from "./data.ts";

const main = join(import.meta.dirname, "main.ts");
let home: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "kubus-cli-"));
  const { NATS_URL: _, KUBECONFIG: __, ...rest } = process.env;
  env = { ...rest, HOME: home, KUBUS_CACHE: cacheFolder() };
});
afterAll(async () => {
  // Nothing stays behind, even when a test failed half-way.
  await Promise.all([kubus("down"), kubus("down", "--name", "two")]);
  await rm(home, { recursive: true, force: true });
});

const kubus = (...args: string[]): Promise<Outcome> =>
  capture(process.execPath, [main, ...args], { env, timeoutMs: 60_000 });

const up = (...args: string[]) =>
  kubus("up", "--runtime", "simulated", "--port", "0", "--detach", ...args);

const folder = (name: string) => join(home, ".kubus", name);
const record = (name: string) =>
  JSON.parse(readFileSync(join(folder(name), "cluster.json"), "utf8")) as ClusterRecord;
const natsPid = (name: string) => Number(readFileSync(join(folder(name), "nats", "pid"), "utf8"));

describe("without a cluster", () => {
  test.each<[string[], number, RegExp]>([
    [["status"], 3, /state: +down/],
    [["down"], 0, /does not run/],
    [["actors"], 1, /does not run/],
    [["kubeconfig"], 1, /there is no cluster kubus/],
    [["logs"], 1, /there is no log/],
    [["up", "--nodes", "many"], 1, /--nodes many: expected a whole number/],
    [["up", "--only", "etcd"], 1, /--only etcd: there are store, apiserver/],
    [["up", "--runtime", "cri"], 1, /no such runtime/],
    [["up", "--nats-url", "nats://127.0.0.1:1"], 1, /cannot reach NATS/],
    [["sideways"], 1, /unknown command/],
    [["version", "--output", "xml"], 1, /Allowed choices are text, json/],
    [["--help"], 0, /up \[options\]/],
  ])("%j exits with %i", async (args, code, text) => {
    const outcome = await kubus(...args);
    expect(outcome.stdout + outcome.stderr).toMatch(text);
    expect(outcome.code).toBe(code);
  });

  test("a port that is taken is named, and nothing is left running", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const outcome = await kubus("up", "--runtime", "simulated", "--port", port);
    server.close();
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(outcome.stderr).toContain("--port 0");
    expect(existsSync(join(folder("kubus"), "nats"))).toBe(false);
  });
});

describe("a cluster in the background", () => {
  test("comes up, tells what to copy, and is well", async () => {
    const started = await up("--nodes", "2");
    expect(started.stderr).toBe("");
    expect(started.code).toBe(0);
    expect(started.stdout).toMatch(/✔ nodes: 2 ready \(\d+\.\d\d s\)/);
    expect(started.stdout).toMatch(/kubectl get nodes/);
    expect(started.stdout).toMatch(/nats -s nats:\/\/\S+ sub 'kubus\.>'/);
    const status = await kubus("status", "--output", "json");
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: "running",
      apiserver: "ok",
      nodes: { ready: 2, total: 2 },
    });
    expect((await stat(join(folder("kubus"), "cluster.json"))).mode & 0o077).toBe(0);
  });

  test("started again says that it runs", async () => {
    const again = await up();
    expect(again.stdout).toMatch(/already runs/);
    expect(again.code).toBe(0);
  });

  test("shows its actors", async () => {
    const table = await kubus("actors");
    expect(table.stdout).toMatch(/^COMPONENT +INSTANCE +ACTOR +STATE/);
    const json = await kubus("actors", "--output", "json");
    const components = (JSON.parse(json.stdout) as { component: string }[]).map(
      ({ component }) => component,
    );
    for (const name of ["store", "apiserver", "scheduler", "deployment-controller", "proxy"]) {
      expect(components).toContain(name);
    }
    expect(components.filter((name) => name === "kubelet")).toHaveLength(2);
  });

  test("shows its log", async () => {
    const { stdout, code } = await kubus("logs", "apiserver", "--output", "json");
    expect(code).toBe(0);
    const lines = stdout.trim().split("\n");
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ component: "apiserver" });
  });

  test("prints its kubeconfig, which is merged too", async () => {
    const { stdout } = await kubus("kubeconfig");
    expect(stdout).toContain(`server: ${record("kubus").server}`);
    expect(readFileSync(join(home, ".kube", "config"), "utf8")).toContain("name: kubus\n");
  });

  test("lives beside another one", async () => {
    const started = await up("--name", "two", "--nodes", "0");
    expect(started.code).toBe(0);
    expect(record("two").server).not.toBe(record("kubus").server);
    expect((await kubus("status")).code).toBe(0);
    const pid = natsPid("two");
    const ended = await kubus("down", "--name", "two", "--purge");
    expect(ended.stdout).toMatch(/two ended/);
    expect(existsSync(folder("two"))).toBe(false);
    expect(isAlive(pid)).toBe(false);
    expect(readFileSync(join(home, ".kube", "config"), "utf8")).toContain("current-context: kubus");
  });

  test("ends, and starts again where it was", async () => {
    const before = record("kubus");
    const pid = natsPid("kubus");
    expect((await kubus("down")).stdout).toMatch(/kubus ended/);
    expect(isAlive(before.pid) || isAlive(pid)).toBe(false);
    expect(readFileSync(join(home, ".kube", "config"), "utf8")).not.toContain("name: kubus");
    const started = await up("--nodes", "2");
    expect(started.code).toBe(0);
    expect(record("kubus")).toMatchObject({ server: before.server, natsToken: before.natsToken });
  });

  test("that was killed is cleaned up by the next start", async () => {
    const { pid } = record("kubus");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect((await kubus("status")).code).toBe(3);
    expect((await up("--nodes", "2")).code).toBe(0);
    expect((await kubus("down", "--purge")).code).toBe(0);
  });
});

describe("a layout", () => {
  const status = async () =>
    JSON.parse((await kubus("status", "--output", "json")).stdout) as Record<string, object>;

  test("is told, kept for the next start, and changed when that is said", keepsLayout, 120_000);

  async function keepsLayout(): Promise<void> {
    const sizes = async () => {
      const { stores, apiservers } = await status();
      return [stores, apiservers].map((each) => Object.keys(each ?? {}).length);
    };
    const few = ["--only", "store,apiserver", "--nodes", "0"];
    expect((await up(...few, "--stores", "2", "--apiservers", "2")).code).toBe(0);
    expect(await sizes()).toEqual([2, 2]);
    const { server, apiservers = [] } = record("kubus");
    expect(new Set([server, ...apiservers]).size).toBe(3);
    await kubus("down");
    expect((await up(...few, "--apiservers", "1")).code).toBe(0);
    expect(await sizes()).toEqual([2, 0]);
    expect(record("kubus").server).toBe(server);
    expect((await kubus("down", "--purge")).code).toBe(0);
  }

  test.each<[string[], RegExp]>([
    [["--bus-servers", "2"], /--bus-servers 2: choose 1, 3 or 5/],
    [["--stores", "0"], /--stores 0: expected a whole number from 1 to 7/],
    [["--data", "/proc/kubus"], /cannot make the folder \/proc\/kubus/],
    [["--data", main], /main\.ts is a file: a cluster needs a folder/],
  ])("%j is refused", async (args, message) => {
    const { code, stdout, stderr } = await up(...args);
    expect(stdout + stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

describe("a cluster in the foreground", () => {
  /** Resolves when the text was printed. */
  function until(child: ChildProcess, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let output = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes(text)) resolve();
      });
      child.stdout?.once("end", () => reject(new Error(`ended without ${text}: ${output}`)));
    });
  }

  test.each(["SIGINT", "SIGTERM"] as const)("ends cleanly by %s", async (signal) => {
    const args = ["up", "--runtime", "simulated", "--port", "0", "--only", "store"];
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", 2] });
    const exited = once(child, "exit");
    await until(child, "Try:");
    const pid = natsPid("kubus");
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(isAlive(pid)).toBe(false);
    expect((await kubus("status")).code).toBe(3);
  });
});

const separateMsMax = 90_000;

test("one process for each component, started again when it dies", testSeparate, separateMsMax);

async function testSeparate(): Promise<void> {
  const started = await up("--separate", "--nodes", "1");
  expect(started.code).toBe(0);
  const actors = async () => {
    const { stdout } = await kubus("actors", "--output", "json");
    return JSON.parse(stdout) as { component: string; pid: number }[];
  };
  const scheduler = async () =>
    (await actors()).find(({ component }) => component === "scheduler")?.pid;
  expect(new Set((await actors()).map(({ pid }) => pid)).size).toBeGreaterThan(4);
  const first = await scheduler();
  process.kill(first ?? 0, "SIGKILL");
  await expect.poll(scheduler, { timeout: 20_000 }).not.toBeOneOf([first, undefined]);
  expect((await kubus("down", "--purge")).code).toBe(0);
}

test("the processes run just what was asked for", testOnly, separateMsMax);

async function testOnly(): Promise<void> {
  const only = ["store", "apiserver", "deployment-controller", "replicaset-controller"];
  expect((await up("--separate", "--only", only.join(","))).code).toBe(0);
  const { stdout } = await kubus("actors", "--output", "json");
  const components = (JSON.parse(stdout) as { component: string }[]).map((one) => one.component);
  expect(components).toEqual(only.toSorted());
  expect((await kubus("down", "--purge")).code).toBe(0);
}
