/** Whoever asks the store through an API server notices nothing of its failover but the time. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { createStoreClient } from "../../services/apiserver/store/client.ts";
import {
  connectBus,
  follows,
  leads,
  pod,
  put,
  startStoreProcess,
  untilStatus,
} from "../../services/store/rig.ts";

/** The longest that one question may take: a takeover, and the way to hear of it. */
const answerMsMax = 2_500;

let nats: TestNatsServer;
let bus: NatsBus;
const stores = new Map<string, ReturnType<typeof startStoreProcess>>();
const life = new AbortController();

beforeAll(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
  for (const instance of ["0", "1"]) start(instance);
});

afterAll(async () => {
  life.abort(new Error("the test ended"));
  for (const store of stores.values()) await store.end();
  await bus?.close();
  await nats?.stop();
});

afterEach(() => stores.forEach((store) => store.signal("SIGCONT")));

function start(instance: string) {
  stores.set(instance, startStoreProcess(nats.url, instance));
}

const other = (instance: string) => (instance === "0" ? "1" : "0");

/** The instance that leads, when the other one stands by. */
async function leaderOfTwo(): Promise<string> {
  const either = ["0", "1"].map(async (instance) => {
    await untilStatus(bus, instance, leads);
    return instance;
  });
  const leader = await Promise.race(either);
  await untilStatus(bus, other(leader), follows);
  return leader;
}

test.each(["SIGKILL", "SIGTERM", "SIGSTOP"] as const)("%s of the leader", async (signal) => {
  const leader = await leaderOfTwo();
  const client = createStoreClient({ bus, world: realWorld, signal: life.signal });
  const times: number[] = [];
  let isEnding = false;
  const loop = async (ask: (turn: number) => Promise<unknown>) => {
    for (let turn = 0; !isEnding; turn += 1) {
      const startedAt = realWorld.monotonic();
      await ask(turn);
      times.push(realWorld.monotonic() - startedAt);
    }
  };
  const write = (writer: number) =>
    loop(async (turn) => {
      const key = pod(`${signal}-${writer}-${turn}`);
      const { failure } = await client.commit([put("CREATE", key)]);
      expect(failure).toBe("COMMIT_FAILURE_UNSPECIFIED");
      expect((await client.get(key)).record?.key?.name).toBe(key.name);
    });
  const head = () => loop(() => client.head({ group: "", resource: "pods" }));
  const asking = Promise.all([write(0), write(1), write(2), head()]);
  const progress = async (more: number) => {
    const wanted = times.length + more;
    while (times.length < wanted) await realWorld.sleep(5);
  };
  await progress(50);
  const store = stores.get(leader);
  if (signal === "SIGSTOP") store?.signal(signal);
  else await store?.end(signal);
  await untilStatus(bus, other(leader), leads);
  await progress(50);
  if (signal !== "SIGSTOP") start(leader);
  isEnding = true;
  await asking;
  expect(Math.max(...times)).toBeLessThan(answerMsMax);
});
