/**
 * @kubernetes/client-node's streams on a cluster of several processes: many at once, and what
 * becomes of them when one of the processes is killed.
 */
import { PassThrough } from "node:stream";
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from "@kubernetes/client-node";
import { WebSocket } from "ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rollCall } from "../../infra/kubus/rollcall.ts";
import { TestCluster, until } from "../e2e/cluster.ts";

const testMsMax = 90_000;
const sessions = 50;

let cluster: TestCluster;
let config: KubeConfig;

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    annotations: {
      "simulated.kubus.io/output": "begun",
      "simulated.kubus.io/ports": JSON.stringify({ 7000: "echo" }),
    },
  },
  spec: { containers: [{ name: "main", image: "busybox" }] },
};

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 1, separate: true });
  config = new KubeConfig();
  config.loadFromFile(cluster.env["KUBECONFIG"] ?? "");
  const account = () => cluster.kubectl("get", "serviceaccount", "default");
  await until("the account", account, () => true);
  await cluster.apply(JSON.stringify(pod));
  await cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=60s");
}, testMsMax);

afterAll(() => cluster?.stop(), testMsMax);

/** What comes, as text. */
function collector() {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  const waiting: (() => void)[] = [];
  stream.on("data", (part: Buffer) => {
    parts.push(part);
    for (const wake of waiting.splice(0)) wake();
  });
  const text = () => Buffer.concat(parts).toString();
  const untilText = async (wanted: string) => {
    while (!text().includes(wanted)) await new Promise<void>((wake) => waiting.push(wake));
    return text();
  };
  return { stream, text, untilText };
}

/** Runs a command to its end. */
async function run(command: string[], input?: string) {
  const [out, err] = [collector(), collector()];
  const stdin = input === undefined ? null : new PassThrough();
  const status = await new Promise<V1Status>((resolve, reject) => {
    const exec = new Exec(config);
    exec
      .exec("default", "web", "main", command, out.stream, err.stream, stdin, false, resolve)
      .catch(reject);
    stdin?.end(input);
  });
  return { status, stdout: out.text(), stderr: err.text() };
}

test("a command's outputs, input and exit code", async () => {
  const { status, stdout, stderr } = await run(["sh", "-c", "cat; echo e >&2; exit 9"], "in\n");
  expect([stdout, stderr, status.status, status.reason]).toEqual([
    "in\n",
    "e\n",
    "Failure",
    "NonZeroExitCode",
  ]);
  expect(status.details?.causes).toEqual([{ reason: "ExitCode", message: "9" }]);
  expect(status.message).toBe(
    "command terminated with non-zero exit code: " +
      "error executing command [sh -c cat; echo e >&2; exit 9], exit code 9",
  );
});

test("many at a time", { timeout: testMsMax }, async () => {
  const all = Array.from({ length: sessions }, (_, index) =>
    run(["sh", "-c", `cat; echo ${index}`], `${"x".repeat(10_000)}\n`),
  );
  for (const [index, { status, stdout }] of (await Promise.all(all)).entries()) {
    expect([status.status, stdout.length]).toEqual(["Success", 10_002 + String(index).length]);
  }
});

test("logs are read, and a container is attached to", async () => {
  const log = collector();
  await new Log(config).log("default", "web", "main", log.stream, { tailLines: 5 });
  expect(await log.untilText("begun\n")).toBe("begun\n");
  const out = collector();
  const attached = await new Attach(config).attach(
    "default",
    "web",
    "main",
    out.stream,
    null,
    null,
    false,
  );
  expect(["v4.channel.k8s.io", "v5.channel.k8s.io"]).toContain((attached as WebSocket).protocol);
  attached.close();
});

test("a port is forwarded over channels", async () => {
  const out = collector();
  const input = new PassThrough();
  const forward = new PortForward(config, false);
  const ws = await forward.portForward("default", "web", [7000], out.stream, null, input);
  input.write("there and back");
  expect(await out.untilText("there and back")).toBe("there and back");
  (ws as WebSocket).close();
});

/** A command that goes on, over a WebSocket of its own; resolves when it has begun. */
async function begin(protocol: string) {
  const server = config.getCurrentCluster()?.server ?? "";
  const query = "command=sh&command=-c&command=echo+begun%3Bsleep+1000&stdout=true";
  const url = `${server.replace("https", "wss")}/api/v1/namespaces/default/pods/web/exec?${query}`;
  const options: Record<string, unknown> = {};
  await config.applyToHTTPSOptions(options);
  const ws = new WebSocket(url, [protocol], options);
  const status = new Promise<string>((resolve) => {
    ws.on("message", (data: Buffer) => {
      if (data[0] === 3 && data.length > 1) resolve(data.subarray(1).toString());
    });
  });
  const closed = new Promise<number>((resolve) => ws.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    ws.on("message", (data: Buffer) => data.toString().includes("begun") && resolve());
    ws.once("error", reject);
  });
  return { status, closed };
}

const pidOf = async (component: string) => {
  const bus = await cluster.connect();
  try {
    return (await rollCall(bus)).find((answer) => answer.component === component)?.pid ?? 0;
  } finally {
    await bus.close();
  }
};

async function killed(component: string): Promise<void> {
  const pid = await pidOf(component);
  process.kill(pid, "SIGKILL");
}

test(
  "a kubelet that is killed ends its commands with an error",
  { timeout: testMsMax },
  async () => {
    const before = await pidOf("kubelet");
    const { status } = await begin("v5.channel.k8s.io");
    await killed("kubelet");
    const { message } = JSON.parse(await status) as V1Status;
    expect(message).toMatch(
      /^Internal error occurred: the connection to the kubelet of node \S+ was lost$/,
    );
    const isAnother = (pid: number) => pid !== 0 && pid !== before;
    await until("another kubelet", () => pidOf("kubelet"), isAnother);
  },
);

test("an API server that is killed ends them, too", { timeout: testMsMax }, async () => {
  // The simulated containers ended with their kubelet: they start again.
  await until("a command", async () => (await begin("v4.channel.k8s.io")) && 1, Boolean);
  const { closed } = await begin("v4.channel.k8s.io");
  const bus = await cluster.connect();
  const kubelet = (await rollCall(bus)).find(({ component }) => component === "kubelet");
  const streams = async () => {
    const subject = bus.subjects.actor("kubelet", kubelet?.instance ?? "", "state");
    const answer = Buffer.from(await bus.request(subject, new Uint8Array(0))).toString("latin1");
    return (answer.match(/stream\/exec/g) ?? []).length;
  };
  expect(await streams()).toBeGreaterThan(0);
  await killed("apiserver");
  expect(await closed).toBe(1_006);
  await until("the commands are gone", streams, (count) => count === 0);
  await bus.close();
});
