/** A cluster of several of each: whichever is killed, kubectl goes on and nothing is lost. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rollCall } from "../../infra/kubus/rollcall.ts";
import { TestCluster, until } from "./cluster.ts";

const startMsMax = 120_000;
const testMsMax = 120_000;

let cluster: TestCluster;

beforeAll(async () => {
  const flags = ["--bus-servers=3", "--stores=2", "--apiservers=2"];
  cluster = await TestCluster.start({ nodes: 1, separate: true, flags });
}, startMsMax);
afterAll(() => cluster?.stop(), startMsMax);

interface Health {
  readonly apiservers: Record<string, string>;
  readonly natsServers: Record<string, string>;
  readonly store: string;
  readonly stores: { instance: string; role: string }[];
}

const status = async (): Promise<Health> => {
  const words = ["--output=json"];
  return JSON.parse(await cluster.kubus("status", ...words)) as Health;
};

/** Who leads and who follows, by what they say. */
async function pidOf(component: string, isMeant: (state: string) => boolean): Promise<number> {
  const bus = await cluster.connect();
  try {
    const found = (await rollCall(bus)).find(
      (answer) =>
        answer.component === component && answer.actors.some(({ state }) => isMeant(state)),
    );
    return found?.pid ?? 0;
  } finally {
    await bus.close();
  }
}

/** Writes one object after the other while something is killed; those that were told count. */
async function writeThrough(prefix: string, kill: () => Promise<void>): Promise<void> {
  const told: string[] = [];
  let killed = false;
  const killing = kill().then(() => {
    killed = true;
  });
  for (let index = 0; !killed || index < 8; index += 1) {
    const name = `${prefix}-${index}`;
    const { code } = await cluster.try(["create", "configmap", name]);
    if (code === 0) told.push(name);
  }
  await killing;
  // After all that, writes get through.
  const ask = () => cluster.try(["create", "configmap", `${prefix}-after`]);
  await until("a write gets through", ask, ({ code }) => code === 0);
  const kept = await cluster.list<{ metadata: { name: string } }>("configmaps");
  const names = new Set(kept.map(({ metadata }) => metadata.name));
  expect([...told, `${prefix}-after`].filter((name) => !names.has(name))).toEqual([]);
  expect(told.length).toBeGreaterThan(0);
}

test("all of it is told", async () => {
  const { apiservers, natsServers, store, stores } = await until("all is well", status, (health) =>
    health.stores.some(({ role }) => role === "following"),
  );
  expect(Object.values(apiservers)).toEqual(["ok", "ok"]);
  expect(Object.values(natsServers)).toEqual(["ok", "ok", "ok"]);
  expect(store).toBe("ok");
  expect(stores.map(({ role }) => role).toSorted()).toEqual(["following", "leading"]);
});

describe("killed while kubectl writes:", () => {
  test("the store that leads", { timeout: testMsMax }, async () => {
    await writeThrough("store", async () => {
      const pid = await pidOf("store", (state) => state.startsWith("leading"));
      process.kill(pid, "SIGKILL");
      const isOther = (now: number) => now !== 0 && now !== pid;
      const leader = () => pidOf("store", (state) => state === "leading.answering");
      await until("another store leads", leader, isOther);
    });
  });

  test("an API server", { timeout: testMsMax }, async () => {
    await writeThrough("apiserver", async () => {
      process.kill(await pidOf("apiserver", () => true), "SIGKILL");
      const isWhole = ({ apiservers }: Health) =>
        Object.values(apiservers).every((health) => health === "ok");
      await until("it serves again", status, isWhole);
    });
  });

  test("the NATS server that leads the log", { timeout: testMsMax }, async () => {
    await writeThrough("bus", async () => {
      const bus = await cluster.connect();
      const manager = await jetstreamManager(bus.connection);
      const { cluster: group } = await manager.streams.info(bus.subjects.stream("LOG"));
      await bus.close();
      const folder = join(cluster.folder, "nats", group?.leader?.split("-").at(-1) ?? "");
      process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGKILL");
    });
  });
});

test("another number of NATS servers is refused, with the way to go", async () => {
  await cluster.kubus("down");
  const other = cluster.kubus("up", "--detach", "--runtime=simulated", "--bus-servers=1");
  await expect(other).rejects.toThrow(/data is on 3, and servers do not take over/);
});
