/** Three nats-servers that replicate the log: any one of them may go. */
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsCluster, type TestNatsCluster } from "#libs/testing/cluster.ts";
import { clientOf, connectBus, startStore } from "./rig.ts";
import { expectAll, startWriters } from "./writers.ts";

/** A server that is killed is missed and replaced in 4 to 8 s: a constant of theirs. */
const electionMsMax = 12_000;
const startMsMax = 60_000;

let cluster: TestNatsCluster;
let bus: NatsBus;
const stores: Awaited<ReturnType<typeof startStore>>[] = [];

beforeAll(async () => {
  cluster = await startNatsCluster(3);
  bus = await connectBus(cluster.urls);
  for (const instance of ["0", "1"]) {
    stores.push(await startStore(cluster.urls, { replicas: 3 }, instance));
  }
}, startMsMax);

afterAll(async () => {
  for (const store of stores) await store.stop();
  await bus?.close();
  await cluster?.stop();
}, startMsMax);

async function logInfo() {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false, timeout: 2_000 });
  return await manager.streams.info(bus.subjects.stream("LOG"));
}

/** Name of the server that leads the log, when all three have all of it. */
async function untilWhole(): Promise<string> {
  while (true) {
    const { cluster: state } = await logInfo().catch(() => ({ cluster: undefined }));
    const others = state?.replicas ?? [];
    const isWhole =
      others.length === 2 && others.every(({ current, offline }) => current && !offline);
    if (state?.leader && isWhole) return state.leader;
    await realWorld.sleep(50);
  }
}

test.each([
  ["the server that leads the log is killed", "leader", "SIGKILL"],
  ["another server is killed", "other", "SIGKILL"],
  ["the server that leads the log ends in order", "leader", "SIGTERM"],
] as const)("%s in the middle of writes", { timeout: 60_000 }, async (_, which, signal) => {
  const client = clientOf(bus, { timeoutMs: 1_000 });
  const leader = await untilWhole();
  const name = [...cluster.servers.keys()].find(
    (each) => (each === leader) === (which === "leader"),
  );
  const server = cluster.servers.get(name ?? "");
  const writers = startWriters(client, 4, `${which}-${signal}`);
  await writers.progress(50);
  await server?.kill(signal);
  const startedAt = realWorld.monotonic();
  await writers.progress(20);
  const goneMs = realWorld.monotonic() - startedAt;
  await server?.start();
  await untilWhole();
  await writers.progress(20);
  await expectAll(client, await writers.end());
  expect(goneMs).toBeLessThan(electionMsMax);
  for (const { supervised } of stores) expect(supervised.restarts()).toBe(0);
});
