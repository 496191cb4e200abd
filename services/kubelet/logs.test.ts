/** Logs over a real bus: what is read, and what becomes of readers that leave. */
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { Host } from "#libs/actor/component.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import { codecOf } from "#libs/schema/codec.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { LogChunk, ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import { chooseAttempt, serveLogs } from "./logs.ts";
import { container, exited, podOf, running, sandbox } from "./pod/example.ts";
import { SimulatedRuntime } from "./runtimes/simulated/runtime.ts";
import { annotations } from "./runtimes/simulated/script.ts";

const requests = codecOf<ReadLogRequest>("kubus.node.v1.ReadLogRequest");
const chunks = codecOf<LogChunk>("kubus.node.v1.LogChunk");
/** Time goes a hundred times as fast for the kubelet: it asks its readers every 30 ms. */
const haste = 100;
const pollMs = 20;
const world = {
  ...realWorld,
  every: (ms: number, run: () => void) => realWorld.every(ms / haste, run),
};

let nats: TestNatsServer;
let bus: NatsBus;
let reader: NatsBus;
const runtime = new SimulatedRuntime(realWorld, "10.0.0.0/24");
const life = new AbortController();

beforeAll(async () => {
  nats = await startNatsServer();
  const options = { servers: nats.url, prefix: "kubus", world: realWorld };
  [bus, reader] = await Promise.all([
    connect({ ...options, name: "kubelet" }),
    connect({ ...options, name: "reader" }),
  ]);
  const log = pino({ level: "silent" });
  const host = { instance: "node-1", bus, world, log, signal: life.signal };
  serveLogs(host as unknown as Host, runtime, () => undefined);
  const metadata = { ...podOf().metadata, annotations: { [annotations.output]: "one\ntwo" } };
  const pod = { ...podOf(), metadata };
  await runtime.createSandbox(pod);
  const context = { tell: () => undefined, signal: life.signal };
  await runtime.startContainer(pod, container("main"), 0, context);
  await bus.flush();
});

afterAll(async () => {
  life.abort();
  await Promise.all([bus?.close(), reader?.close()]);
  await nats?.stop();
});

function ask(more: Partial<ReadLogRequest> = {}): AsyncIterable<Uint8Array> {
  const request = requests.encode({
    namespace: "shop",
    pod: "web",
    uid: "u1",
    container: "main",
    follow: false,
    previous: false,
    sinceTime: "",
    timestamps: false,
    ...more,
  });
  return reader.requestStream(reader.subjects.node("log", "node-1"), request);
}

async function read(more: Partial<ReadLogRequest> = {}) {
  let text = "";
  for await (const bytes of ask(more)) {
    const { data, end, code, message } = chunks.decode(bytes);
    text += Buffer.from(data).toString();
    if (end) return { text, code, message };
  }
  throw new Error("the stream ended without a word");
}

/** The pod's status, with this as the container's last end. */
const ended = (containerID: string) =>
  podOf(
    {},
    {
      containerStatuses: [
        {
          name: "main",
          lastState: { terminated: { containerID, exitCode: 1 } },
          ready: false,
          restartCount: 0,
          image: "",
          imageID: "",
        },
      ],
    },
  );

test.each<[string, boolean, ReturnType<typeof sandbox>, ReturnType<typeof podOf>, string?]>([
  [
    "the one that runs",
    false,
    sandbox([exited("main", 1, 0), running("main", 1)]),
    podOf(),
    "run://main-1",
  ],
  [
    "the last one",
    false,
    sandbox([exited("main", 1, 1), exited("main", 1, 0)]),
    podOf(),
    "run://main-1",
  ],
  [
    "the one before",
    true,
    sandbox([exited("main", 1, 0), running("main", 1)]),
    podOf(),
    "run://main-0",
  ],
  [
    "the last end while the next start is waited for",
    true,
    sandbox([exited("main", 1, 0), exited("main", 1, 1)]),
    ended("run://main-1"),
    "run://main-1",
  ],
  ["none before the first", true, sandbox([running("main")]), podOf(), undefined],
  ["none of another", false, sandbox([running("other")]), podOf(), undefined],
])("%s is read", (_, previous, runtimePod, pod, expected) => {
  const request = { container: "main", previous };
  expect(chooseAttempt(request, runtimePod, pod)?.id).toBe(expected);
});

test.each<[Partial<ReadLogRequest>, string]>([
  [{}, "one\ntwo\n"],
  [{ tailLines: 1 }, "two\n"],
  [{ limitBytes: 5 }, "one\nt"],
  [{ sinceTime: "2999-01-01T00:00:00Z" }, ""],
])("%j", async (more, text) => {
  expect(await read(more)).toEqual({ text, code: 0, message: "" });
});

test.each<[Partial<ReadLogRequest>, string]>([
  [{ previous: true }, 'previous terminated container "main" in pod "web" not found'],
  [{ container: "other" }, 'container "other" in pod "web" is waiting to start: ContainerCreating'],
])("%j is refused", async (more, message) => {
  expect(await read(more)).toEqual({ text: "", code: 400, message });
});

test(
  "more readers than may be are not kept out by those that have left",
  { timeout: 20_000 },
  async () => {
    const readers = Array.from({ length: 200 }, () =>
      ask({ follow: true })[Symbol.asyncIterator](),
    );
    await Promise.all(readers.map((each) => each.next()));
    expect(await read()).toMatchObject({ code: 500, message: "too many logs are being read" });
    for (const each of readers) await each.return?.();
    let answer = await read();
    while (answer.code !== 0) {
      await realWorld.sleep(pollMs);
      answer = await read();
    }
    expect(answer.text).toBe("one\ntwo\n");
  },
);

test("a reader that stays is kept", async () => {
  const following = ask({ follow: true })[Symbol.asyncIterator]();
  let beats = 0;
  // Far more than it would take to be given up.
  while (beats < 15) {
    const { value, done } = await following.next();
    expect(done).toBe(false);
    if (chunks.decode(value as Uint8Array).data.length === 0) beats += 1;
  }
  await following.return?.();
});
