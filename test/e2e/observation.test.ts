/** The cluster is watched and broken from a shell, with the real nats command line where it is. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeMessage } from "../../infra/kubus/decode.ts";
import { rollCall } from "../../infra/kubus/rollcall.ts";
import { findNatsCli } from "../../infra/nats/cli.ts";
import { root } from "../../infra/tools/cache.ts";
import { run, TestCluster, until } from "./cluster.ts";

const cli = await findNatsCli(process.env);
if (!cli) process.stderr.write("the nats command line is not on this machine: left out\n");
const testMsMax = 90_000;
const main = join(root, "infra", "kubus", "main.ts");

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 1 });
}, testMsMax);

afterAll(() => cluster.stop());

interface Change {
  readonly type?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly value?: { readonly spec?: { readonly nodeName?: string } };
}

/** The steps of a new pod's life, as everybody sees them. */
function expectLifeOf(pod: string, changes: readonly Change[]) {
  const own = changes.filter(({ resource, name }) => resource === "pods" && name === pod);
  expect(own[0]).toMatchObject({
    "@type": "kubus.watch.v1.ObjectChanged",
    type: "CHANGE_TYPE_CREATED",
    value: { metadata: { name: pod, namespace: "default" } },
  });
  expect(own.some(({ value }) => value?.spec?.nodeName === "kubus-node-1")).toBe(true);
  expect(own.at(-1)).toMatchObject({ value: { status: { phase: "Running" } } });
}

const runPod = async (name: string) => {
  await cluster.kubectl("run", name, "--image=nginx");
  await cluster.kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
};

test("a plain subscription sees a pod's life", { timeout: testMsMax }, async () => {
  const bus = await cluster.connect();
  const changes: Change[] = [];
  bus.subscribe(bus.subjects.watchAll(), ({ subject, data }) => {
    changes.push(decodeMessage(subject, data) as Change);
  });
  await bus.flush();
  await runPod("plain");
  expectLifeOf("plain", changes);
  await bus.close();
});

const serverArgs = () => {
  const { natsUrl, natsToken } = cluster.record;
  return ["-s", natsUrl.replace("://", `://${natsToken}@`)];
};

test.runIf(cli)("nats sub sees it too, decoded", { timeout: testMsMax }, async () => {
  const filter = join(cluster.home, "decode.sh");
  const script = `#!/bin/sh\nexec ${process.execPath} ${main} decode "$@"\n`;
  await writeFile(filter, script, { mode: 0o755 });
  const subject = "kubus.watch.v1.core.pods.>";
  const args = [...serverArgs(), "sub", subject, "--translate", `${filter} --subject {{Subject}}`];
  const child = spawn(cli ?? "", args, { env: cluster.env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: Buffer) => (output += text.toString()));
  }
  // The server tells when it knows of the subscription: pods made before it are not seen.
  const pods = ["seen-1", "seen-2", "seen-3", "seen-4"];
  const isSeen = (pod: string) => output.includes(`"phase":"Running"`) && output.includes(pod);
  for (const pod of pods) {
    await runPod(pod);
    if (isSeen(pod)) break;
  }
  const changes = () => output.split("\n").flatMap(parsed);
  const pod = await until(
    "a pod",
    async () => pods.find(isSeen),
    (found) => found !== undefined,
  );
  child.kill();
  expectLifeOf(pod ?? "", changes());
});

/** What nats prints around the messages is no JSON. */
function parsed(line: string): Change[] {
  try {
    return line.startsWith("{") ? [JSON.parse(line) as Change] : [];
  } catch {
    return [];
  }
}

test.runIf(cli)(
  "nats req crashes the scheduler, which comes back",
  { timeout: testMsMax },
  async () => {
    const bus = await cluster.connect();
    const restarts = async () => {
      const scheduler = (await rollCall(bus)).find(({ component }) => component === "scheduler");
      return scheduler?.actors.find(({ actor }) => actor === "")?.restarts;
    };
    const before = await restarts();
    const subject = bus.subjects.actor("scheduler", "0", "control");
    const args = [...serverArgs(), "req", "--raw", subject, '{"crash":{}}'];
    const { stdout, code } = await run(cli ?? "", args, { env: cluster.env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: true });
    await until("a restart", restarts, (now) => (now ?? 0) > (before ?? 0));
    await runPod("after");
    await bus.close();
  },
);
