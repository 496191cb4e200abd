/** kubectl's ways into pods, over WebSockets and over SPDY, on simulated nodes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCluster, until } from "../e2e/cluster.ts";

const testMsMax = 60_000;
const fileBytes = 8 * 1024 * 1024;

let cluster: TestCluster;
let folder: string;

const pod = (name: string, more: object = {}, annotations: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name }, annotations },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "main", image: "busybox", ports: [{ containerPort: 80 }], ...more }],
  },
});
const settings = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings" },
  data: { "app.conf": "color=blue\n" },
};
const mounted = {
  env: [{ name: "GREETING", value: "hello" }],
  volumeMounts: [{ name: "settings", mountPath: "/etc/app" }],
};
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { selector: { app: "web" }, ports: [{ port: 8080, targetPort: 80 }] },
};
const scripts = {
  "simulated.kubus.io/exec": JSON.stringify({
    "psql -c select": { stdout: "one row\n", stderr: "slow\n", exitCode: 3 },
  }),
  "simulated.kubus.io/ports": JSON.stringify({ 7000: "echo", 81: { status: 404, body: "no" } }),
  "simulated.kubus.io/output": "line one\nline two",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-streams-"));
  cluster = await TestCluster.start({ nodes: 2 });
  const web = pod("web", mounted, scripts);
  const volumes = [{ name: "settings", configMap: { name: "settings" } }];
  const spec = { ...web.spec, volumes };
  const over = pod("over", { command: ["echo", "done"] });
  const ended = { ...over, spec: { ...over.spec, restartPolicy: "Never" } };
  const two = pod("two");
  const containers = ["a", "b"].map((name) => ({ name, image: "busybox" }));
  const both = { ...two, spec: { ...two.spec, containers } };
  const ready = async () => {
    await cluster.kubectl("get", "serviceaccount", "default");
  };
  await until("the account", ready, () => true);
  const items = [settings, { ...web, spec }, service, ended, both];
  await cluster.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "pod/two");
  const finished = "--for=jsonpath={.status.phase}=Succeeded";
  await cluster.kubectl("wait", finished, "pod/over");
}, testMsMax);

afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

const protocols = [
  ["WebSockets", {}],
  [
    "SPDY",
    { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" },
  ],
] as const;

/** As containerd and runc tell that there is no such program. */
const notFound = new RegExp(
  "^error: Internal error occurred: error executing command in container: " +
    'failed to exec in container: failed to start exec ".*": OCI runtime exec failed: ' +
    'exec failed: unable to start container process: exec: "nope": ' +
    "executable file not found in \\$PATH: unknown\n$",
);

describe.each(protocols)("over %s", (protocol, env) => {
  const kubectl = (words: readonly string[], input = "") => cluster.try(words, { env, input });

  test.each<[string, string[], string, object]>([
    ["output", ["web", "--", "echo", "a", "b"], "", { stdout: "a b\n", code: 0 }],
    [
      "both outputs and the exit code",
      ["web", "--", "sh", "-c", "echo out; echo err >&2; exit 42"],
      "",
      {
        code: 42,
        stdout: "out\n",
        stderr: "err\ncommand terminated with exit code 42\n",
      },
    ],
    ["input to its end", ["-i", "web", "--", "wc", "-l"], "1\n2\n3\n", { stdout: "3\n" }],
    ["variables", ["web", "--", "sh", "-c", 'echo "$GREETING"'], "", { stdout: "hello\n" }],
    ["config maps", ["web", "--", "cat", "/etc/app/app.conf"], "", { stdout: "color=blue\n" }],
    [
      "scripted commands",
      ["web", "--", "psql", "-c", "select"],
      "",
      { code: 3, stdout: "one row\n" },
    ],
    ["a container by name", ["two", "-c", "b", "--", "hostname"], "", { stdout: "two\n", code: 0 }],
    [
      "no such program",
      ["web", "--", "nope"],
      "",
      {
        code: 1,
        stderr: expect.stringMatching(notFound),
      },
    ],
    [
      "no such container",
      ["web", "-c", "x", "--", "true"],
      "",
      {
        code: 1,
        stderr: "Error from server (BadRequest): container x is not valid for pod web\n",
      },
    ],
    [
      "no such pod",
      ["nowhere", "--", "true"],
      "",
      { code: 1, stderr: 'Error from server (NotFound): pods "nowhere" not found\n' },
    ],
    [
      "a pod that is over",
      ["over", "--", "true"],
      "",
      {
        code: 1,
        stderr:
          "error: cannot exec into a container in a completed pod; " +
          "current phase is Succeeded\n",
      },
    ],
  ])("exec tells %s", async (_, words, input, expected) => {
    const finished = await kubectl(["exec", ...words], input);
    expect(finished).toMatchObject(expected);
  });

  test("files are copied there and back", { timeout: testMsMax }, async () => {
    const file = join(folder, `file-${protocol}`);
    const bytes = Buffer.alloc(fileBytes, `${protocol} `);
    await writeFile(file, bytes);
    expect(await kubectl(["cp", file, "web:/tmp/file"])).toMatchObject({ code: 0, stderr: "" });
    const listed = await kubectl(["exec", "web", "--", "wc", "-c", "/tmp/file"]);
    expect(listed.stdout).toBe(`${fileBytes} /tmp/file\n`);
    const back = join(folder, `back-${protocol}`);
    expect(await kubectl(["cp", "web:/tmp/file", back])).toMatchObject({ code: 0 });
    expect((await readFile(back)).equals(bytes)).toBe(true);
    const missing = await kubectl(["cp", "web:/tmp/none", back]);
    expect(missing.stdout).toContain("tar: /tmp/none: No such file or directory");
    expect(missing.code).not.toBe(0);
  });

  test("ports are forwarded, several at once", { timeout: testMsMax }, async () => {
    const forward = spawn(
      cluster.kubectlPath,
      ["port-forward", "pod/web", ":80", ":81", ":7000", ":9"],
      { env: { ...cluster.env, ...env } },
    );
    try {
      const ports = await forwardedPorts(forward.stdout, 4);
      const get = async (port: number, path: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        return [answer.status, await answer.text()];
      };
      const [http = 0, scripted = 0, , closed = 0] = ports;
      const all = Array.from({ length: 8 }, (_, index) => get(http, `/${index}`));
      const texts = all.map((_, index) => `default/web answers GET /${index} on port 80\n`);
      expect(await Promise.all(all)).toEqual(texts.map((text) => [200, text]));
      expect(await get(scripted, "/")).toEqual([404, "no"]);
      forward.stderr.setEncoding("utf8");
      const told = once(forward.stderr, "data") as Promise<[string]>;
      await expect(get(closed, "/")).rejects.toThrow("fetch failed");
      expect((await told)[0]).toContain("connect: connection refused");
    } finally {
      forward.kill();
    }
  });

  test("run -i attaches, and the exit code comes back", { timeout: testMsMax }, async () => {
    const name = `run-${protocol.toLowerCase()}`;
    const words = ["run", name, "-i", "--rm", "--quiet", "--restart=Never", "--image=busybox"];
    const { code, stdout } = await kubectl([...words, "--", "sh"], "echo in; hostname; exit 5\n");
    expect([code, stdout]).toEqual([5, `in\n${name}\n`]);
  });
});

/** The local ports that kubectl tells, in the order of the remote ones. */
function forwardedPorts(stdout: NodeJS.ReadableStream, count: number): Promise<number[]> {
  let text = "";
  return new Promise((resolve, reject) => {
    stdout.on("data", (part: Buffer) => {
      text += String(part);
      const found = [...text.matchAll(/127\.0\.0\.1:(\d+) ->/g)].map(([, port]) => Number(port));
      if (found.length === count) resolve(found);
    });
    stdout.once("end", () => reject(new Error(`kubectl told no ports: ${text}`)));
  });
}

test("debug adds a container that can be attached to", { timeout: testMsMax }, async () => {
  const words = ["debug", "-i", "--quiet", "web", "--image=tools", "--container=probe"];
  const { stdout } = await cluster.try([...words, "--", "sh"], { input: "hostname; exit\n" });
  expect(stdout).toContain("web\n");
  const told = await cluster.kubectl(
    "get",
    "pod",
    "web",
    "-o=jsonpath={.status.ephemeralContainerStatuses[0].name} {.status.phase}",
  );
  expect(told).toBe("probe Running");
});

test.each<[string, string[], object]>([
  ["all", ["web", "-c", "main"], { stdout: "line one\nline two\n" }],
  ["the end", ["web", "-c", "main", "--tail=1"], { stdout: "line two\n" }],
  ["so many bytes", ["web", "-c", "main", "--limit-bytes=6"], { stdout: "line o" }],
  ["nothing since", ["web", "-c", "main", "--since-time=2999-01-01T00:00:00Z"], { stdout: "" }],
  [
    "times",
    ["web", "-c", "main", "--timestamps", "--tail=1"],
    { stdout: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z line two\n$/) },
  ],
  [
    "no start before",
    ["web", "-c", "main", "--previous"],
    {
      stderr:
        "Error from server (BadRequest): " +
        'previous terminated container "main" in pod "web" not found\n',
    },
  ],
  ["of one that is over", ["over"], { stdout: "done\n" }],
])("logs tell %s", async (_, words, expected) => {
  expect(await cluster.try(["logs", ...words])).toMatchObject(expected);
});

test("proxied requests reach pods, services and kubelets", async () => {
  const get = (path: string) => cluster.kubectl("get", "--raw", path);
  const there = "/api/v1/namespaces/default";
  expect(await get(`${there}/pods/web/proxy/a?b=c`)).toBe(
    "default/web answers GET /a?b=c on port 80",
  );
  const slices = () => get(`${there}/services/web:8080/proxy/x`);
  const answered = await until("endpoints", slices, () => true);
  expect(answered).toBe("default/web answers GET /x on port 80");
  const [node] = (await cluster.kubectl("get", "nodes", "-o", "name")).split("\n");
  expect(await get(`/api/v1/${node?.replace("node/", "nodes/")}/proxy/healthz`)).toBe("ok");
});

test("a follower's kubelet crashes: the log ends", { timeout: testMsMax }, async () => {
  const node = await cluster.kubectl("get", "pod", "web", "-o=jsonpath={.spec.nodeName}");
  const follow = spawn(cluster.kubectlPath, ["logs", "-f", "web", "-c", "main"], {
    env: cluster.env,
  });
  const ended = once(follow, "close") as Promise<[number]>;
  await once(follow.stdout, "data");
  const bus = await cluster.connect();
  const control = bus.subjects.actor("kubelet", node, "control");
  await bus.request(control, Buffer.from('{"crash":{}}'));
  expect((await ended)[0]).toBe(0);
  await bus.close();
});

test("a user who leaves takes the command along", { timeout: testMsMax }, async () => {
  const bus = await cluster.connect();
  const node = await cluster.kubectl("get", "pod", "two", "-o=jsonpath={.spec.nodeName}");
  const streams = async () => {
    const state = bus.subjects.actor("kubelet", node, "state");
    const answer = Buffer.from(await bus.request(state, new Uint8Array(0))).toString("latin1");
    return (answer.match(/stream\/exec/g) ?? []).length;
  };
  const words = ["exec", "two", "-c", "a", "--", "sh", "-c", "echo begun; sleep 1000"];
  const child = spawn(cluster.kubectlPath, words, { env: cluster.env });
  await once(child.stdout, "data");
  expect(await streams()).toBe(1);
  child.kill("SIGKILL");
  await until("the command is gone", streams, (count) => count === 0);
  await bus.close();
});
