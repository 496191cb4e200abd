/** What the store keeps is verified, backed up, damaged, restored, exported and imported. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheFolder } from "../../infra/tools/cache.ts";
import { type Finished, run, TestCluster } from "./cluster.ts";

const startMsMax = 120_000;
const main = join(import.meta.dirname, "..", "..", "infra", "kubus", "main.ts");

let cluster: TestCluster;
let file: string;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 1 });
  file = join(cluster.home, "backup");
  await cluster.kubectl("create", "deployment", "web", "--image=image", "--replicas=2");
  await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
  await cluster.kubectl("expose", "deployment", "web", "--port=80");
  await cluster.kubectl("create", "secret", "generic", "hidden", "--from-literal=a=b");
  await cluster.kubectl("create", "configmap", "kept", "--from-literal=a=marked-for-damage");
}, startMsMax);
afterAll(() => cluster?.stop(), startMsMax);

/** Of `kubus`, whatever its exit code. */
const kubus = (...words: readonly string[]): Promise<Finished> =>
  run(process.execPath, [main, ...words], {
    env: { ...cluster.env, KUBUS_CACHE: cacheFolder() },
  });

async function flip(path: string, text: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe("of a cluster that runs", () => {
  test("everything is verified", async () => {
    const { code, stdout } = await kubus("store", "verify", "--output=json");
    expect(code).toBe(0);
    const { problems, state } = JSON.parse(stdout) as { problems: string[]; state: object };
    expect(problems).toEqual([]);
    expect(state).toMatchObject({ keys: expect.any(Number) });
  });

  test("a backup is one file, which nobody else reads", async () => {
    const saved = await kubus("store", "snapshot", "save", file);
    expect(saved.stdout).toMatch(/^saved revision \d+ to .*backup/);
    expect((await kubus("store", "snapshot", "save", file)).stderr).toMatch(/--force/);
    const status = await kubus("store", "snapshot", "status", file);
    expect(status.stdout).toMatch(/cluster: +kubus\n.*\nrevision: +\d+\nkeys: +\d+/);
  });

  test("a changed byte in the backup is told with its place", async () => {
    const copy = join(cluster.home, "copy");
    await writeFile(copy, await readFile(file));
    await flip(copy, "marked-for-damage");
    const { code, stderr } = await kubus("store", "snapshot", "status", copy);
    expect(code).toBe(1);
    expect(stderr).toMatch(/copy: the backup is damaged at byte \d+/);
  });

  test("the export is readable, and keeps secrets to itself", async () => {
    const { stdout, stderr } = await kubus("store", "export", "--namespace=default");
    expect(stdout).toMatch(/kind: Deployment\nmetadata:\n  name: web\n/);
    expect(stdout).not.toContain("kind: Secret");
    expect(stderr).toMatch(/left out: .*1 secrets \(--with-secrets\)/);
    const only = ["--resources=secrets", "--with-secrets", "--format=jsonl"];
    const secrets = await kubus("store", "export", ...only);
    expect(JSON.parse(secrets.stdout)).toMatchObject({ kind: "Secret", data: { a: "Yg==" } });
  });

  test("nothing is restored into it", async () => {
    const { code, stderr } = await kubus("store", "snapshot", "restore", file, "--force");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/end it first \(kubus down\)/)]);
  });
});

describe("a byte of the log is changed under a cluster that is down", () => {
  beforeAll(async () => {
    await cluster.kubectl("create", "configmap", "after", "--from-literal=a=b");
    await cluster.kubus("down");
    const stream = join(cluster.folder, "nats/jetstream/jetstream/$G/streams/LOG_kubus/msgs");
    const [block = ""] = (await readdir(stream)).filter((name) => name.endsWith(".blk"));
    await flip(join(stream, block), "marked-for-damage");
  }, startMsMax);

  test("the start refuses, says where, and shows the way back", async () => {
    await expect(cluster.up()).rejects.toThrow(
      /refusing to serve: .*message \d+[\s\S]*kubus store verify[\s\S]*snapshot restore/,
    );
  });

  test("verify tells the place, and the exit code", async () => {
    const { code, stdout } = await kubus("store", "verify");
    expect(stdout).toMatch(/DAMAGED: .*message \d+/);
    expect(code).toBe(1);
  });

  test("what is there is deleted only when that is said", async () => {
    const { code, stderr } = await kubus("store", "snapshot", "restore", file);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/there is a store already .*--force/),
    ]);
  });

  test("the backup brings everything back, at a revision that nobody saw", async () => {
    const restored = await kubus("store", "snapshot", "restore", file, "--force");
    expect(restored.stdout).toMatch(/^restored \d+ objects; the revision is 1000000\d+ now/);
    expect((await kubus("store", "verify")).code).toBe(0);
    await cluster.up();
    expect(await cluster.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}")).toBe(
      "marked-for-damage",
    );
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
    expect((await cluster.try(["get", "configmap", "after"])).stderr).toMatch(/NotFound/);
    const path = "/api/v1/configmaps?watch=true&resourceVersion=500&timeoutSeconds=5";
    expect(await cluster.kubectl("get", "--raw", path)).toMatch(/"code":410/);
  });
});

test("what was exported is made again in an empty cluster", { timeout: startMsMax }, async () => {
  const objects = join(cluster.home, "objects.yaml");
  await cluster.kubus("store", "export", objects, "--with-secrets");
  const other = await TestCluster.start({ name: "other", nodes: 1 });
  try {
    const dry = await other.kubus("store", "import", objects, "--dry-run");
    expect(dry).toMatch(/Deployment web in default: created/);
    expect((await other.try(["get", "deployment", "web"])).stderr).toMatch(/NotFound/);
    const told = await other.kubus("store", "import", objects);
    expect(told).toMatch(/ReplicaSet web-\w+ in default: left out: Deployment web makes it/);
    await other.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
    expect(await other.kubectl("get", "secret", "hidden", "-o", "jsonpath={.data.a}")).toBe("Yg==");
    expect(await other.kubus("store", "import", objects)).toMatch(/web in default: existing/);
  } finally {
    await other.stop();
  }
});

test(
  "a store that is gone altogether is missed, and comes back",
  { timeout: startMsMax },
  async () => {
    await cluster.kubus("down");
    await rm(join(cluster.folder, "nats/jetstream"), { recursive: true });
    await expect(cluster.up()).rejects.toThrow(/nothing of its store any more[\s\S]*restore FILE/);
    await cluster.kubus("store", "snapshot", "restore", file);
    await cluster.up();
    await cluster.kubectl("get", "configmap", "kept");
  },
);
