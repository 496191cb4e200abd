/** Commands, attachment, ports and files of real containers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DockerCluster, eventually } from "./dockercluster.ts";
import { engineReason } from "./engine.ts";

const reason = await engineReason();
if (reason) process.stdout.write(`test/containers: streams into Docker are left out: ${reason}\n`);

const testMsMax = 120_000;
/** On the loopback address of the pod's network only: nothing outside reaches it but this way. */
const program = `
  console.log("serving");
  console.error("to the other side");
  const { createServer } = require("node:http");
  const server = createServer((request, response) => response.end("inside " + request.url));
  server.listen(8080, "127.0.0.1");
  process.on("SIGTERM", () => process.exit(0));
`;
const echo = `
  process.stdin.on("data", (data) => process.stdout.write("heard " + data));
  process.stdin.on("end", () => process.exit(3));
`;

describe.skipIf(reason)("streams into Docker", { timeout: testMsMax }, () => {
  let cluster: DockerCluster;

  const pod = (name: string, code: string, more: object = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: "main",
          image: cluster.image,
          imagePullPolicy: "Never",
          command: ["node", "-e", code],
          ...more,
        },
      ],
    },
  });

  beforeAll(async () => {
    cluster = await DockerCluster.start();
    await cluster.apply(pod("web", program), pod("echo", echo, { stdin: true, stdinOnce: true }));
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/web", "pod/echo", "--timeout=60s");
  }, testMsMax);

  afterAll(async () => {
    await cluster?.stop();
  }, testMsMax);

  const node = (code: string) => ["web", "--", "node", "-e", code];

  test("a command's outputs and exit code", async () => {
    const code = 'console.log("out"); console.error("err"); process.exit(5)';
    const finished = await cluster.try(["exec", ...node(code)]);
    expect(finished).toEqual({
      code: 5,
      stdout: "out\n",
      stderr: "err\ncommand terminated with exit code 5\n",
    });
  });

  test("its input, to its end", async () => {
    const count = "process.stdin.on('data', (d) => n += d.length).on('end', () => console.log(n))";
    const code = `let n = 0; ${count}`;
    const input = "x".repeat(3_000_000);
    const { stdout } = await cluster.try(["exec", "-i", ...node(code)], input);
    expect(stdout).toBe("3000000\n");
  });

  test("a program that is not there", async () => {
    const { code, stdout, stderr } = await cluster.try(["exec", "web", "--", "nope"]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("executable file not found in $PATH");
  });

  test("both outputs of a log, and one of them", async () => {
    // They come through two pipes: which is first is a matter of chance.
    const both = await cluster.kubectl("logs", "web");
    expect(both.split("\n").toSorted()).toEqual(["serving", "to the other side"]);
    const path = "/api/v1/namespaces/default/pods/web/log?stream=Stderr";
    expect(await cluster.kubectl("get", "--raw", path)).toBe("to the other side");
  });

  test("what listens inside only, by proxy", async () => {
    const path = "/api/v1/namespaces/default/pods/web:8080/proxy/x?y=1";
    expect(await cluster.kubectl("get", "--raw", path)).toBe("inside /x?y=1");
    const closed = "/api/v1/namespaces/default/pods/web:9/proxy/";
    const { stderr } = await cluster.try(["get", "--raw", closed]);
    expect(stderr).toMatch(/error trying to reach service: dial tcp .*:9: connect: .*refused/);
  });

  test("the process itself, attached to", async () => {
    const { stdout } = await cluster.try(["attach", "-i", "echo"], "you\n");
    expect(stdout).toContain("heard you");
    const phase = ["get", "pod", "echo", "-o=jsonpath={.status.phase}"];
    await cluster.eventually(phase, (text) => text === "Failed");
  });

  test("a user who leaves takes the command along", async () => {
    const code = "setInterval(() => console.log('alive'), 100)";
    const running = async () => {
      const names = await cluster.containers();
      const name = names.find((each) => each.startsWith("/k8s_main_web_")) ?? "";
      const { Processes } = await cluster.docker.getContainer(name.slice(1)).top();
      return String(Processes.flat().some((word: string) => word.includes("'alive'")));
    };
    const child = cluster.begin(["exec", ...node(code)]);
    await eventually("the command", running, (text) => text === "true");
    child.kill("SIGKILL");
    await eventually("its end", running, (text) => text === "false");
  });

  test("what it uses", async () => {
    const [name = ""] = (await cluster.kubectl("get", "nodes", "-o", "name")).split("\n");
    const path = `/api/v1/${name.replace("node/", "nodes/")}/proxy/stats/summary`;
    const summary = JSON.parse(await cluster.kubectl("get", "--raw", path)) as {
      readonly pods: readonly {
        readonly podRef: { readonly name: string };
        readonly memory: { readonly workingSetBytes: number };
      }[];
    };
    const web = summary.pods.find(({ podRef }) => podRef.name === "web");
    expect(web?.memory.workingSetBytes).toBeGreaterThan(1_000_000);
  });
});
