/** Logs over a real bus: what is read, and what becomes of readers that leave. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import { chooseAttempt } from "./logs.ts";
import { container, exited, podOf, running, sandbox } from "./pod/example.ts";
import { annotations } from "./runtimes/simulated/script.ts";
import { startNode, type TestNode, textOf } from "./streams/fixture.ts";

const pollMs = 20;
/** As the node's bound. */
const streamsMax = 500;

let node: TestNode;

beforeAll(async () => {
  node = await startNode();
  const metadata = { ...podOf().metadata, annotations: { [annotations.output]: "one\ntwo" } };
  await node.run({ ...podOf(), metadata }, container("main"));
});

afterAll(() => node.stop());

const ask = (more: Partial<ReadLogRequest> = {}) =>
  node.open("log", { uid: "u1", pod: "web", container: "main", ...more });

async function read(more: Partial<ReadLogRequest> = {}) {
  const opened = await ask(more);
  if (!("session" in opened)) return { text: "", ...opened };
  const text = await textOf(opened.session);
  return { text, code: 0, message: (await opened.session.over).message };
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
  [{ stream: "Stdout" }, "one\ntwo\n"],
  [{ stream: "Stderr" }, ""],
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
    const readers = await Promise.all(
      Array.from({ length: streamsMax }, () => ask({ follow: true })),
    );
    const message = `this node serves ${streamsMax} streams already`;
    expect(await read()).toMatchObject({ code: 429, message });
    for (const each of readers) if ("session" in each) each.session.finish();
    let answer = await read();
    while (answer.code !== 0) {
      await realWorld.sleep(pollMs);
      answer = await read();
    }
    expect(answer.text).toBe("one\ntwo\n");
  },
);

test("a follower hears of the end of its kubelet", async () => {
  const other = await startNode();
  try {
    const metadata = { ...podOf().metadata, annotations: { [annotations.output]: "one" } };
    await other.run({ ...podOf(), metadata }, container("main"));
    const session = await other.session("log", { uid: "u1", container: "main", follow: true });
    const text = textOf(session);
    other.end();
    expect([await text, (await session.over).message]).toEqual(["one\n", "the kubelet stopped"]);
  } finally {
    await other.stop();
  }
});
