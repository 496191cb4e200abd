/** Pods as real containers: served, killed, crashed, deleted, and gone with their cluster. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, DockerCluster, eventually } from "./dockercluster.ts";
import { engineReason } from "./engine.ts";

const reason = await engineReason();
if (reason) process.stdout.write(`test/containers: pods in Docker are left out: ${reason}\n`);

const port = 8080;
const program = `
  const { hostname } = require("node:os");
  console.log("serving as " + hostname() + " for " + process.env.GREETING);
  const server = require("node:http").createServer((request, response) => response.end(hostname()));
  server.listen(${port});
  process.on("SIGTERM", () => process.exit(0));
`;

const web = (image: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          {
            name: "server",
            image,
            imagePullPolicy: "Never",
            command: ["node", "-e", program],
            env: [
              {
                name: "GREETING",
                valueFrom: { configMapKeyRef: { name: "words", key: "greeting" } },
              },
            ],
            ports: [{ containerPort: port }],
            readinessProbe: { httpGet: { path: "/", port }, periodSeconds: 1 },
            volumeMounts: [{ name: "words", mountPath: "/words" }],
          },
        ],
        volumes: [{ name: "words", configMap: { name: "words" } }],
      },
    },
  },
});

const words = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "words" },
  data: { greeting: "everybody" },
};
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { selector: { app: "web" }, ports: [{ port }] },
};

/** A pod that runs a program in a container called `main`. */
const podOf = (name: string, image: string, code: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    containers: [{ name: "main", image, imagePullPolicy: "Never", command: ["node", "-e", code] }],
    ...spec,
  },
});

const testMsMax = 120_000;

describe.skipIf(reason)("pods in Docker", { timeout: testMsMax }, () => {
  let cluster: DockerCluster;

  beforeAll(async () => {
    cluster = await DockerCluster.start();
  }, testMsMax);

  afterAll(async () => {
    await cluster?.stop();
  }, testMsMax);

  const podNames = async () => {
    const names = ["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}"];
    return (await cluster.kubectl(...names)).split(" ").toSorted();
  };

  test("a Deployment of three is reached through its Service", async () => {
    await cluster.apply(words, service, web(cluster.image));
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    const pods = await podNames();
    expect(pods).toHaveLength(3);
    const address = await cluster.kubectl(
      "get",
      "service",
      "web",
      "-o",
      "jsonpath={.spec.clusterIP}",
    );
    const answers = new Set<string>();
    const asking = async () => String(answers.add(await ask(address, port)).size);
    await eventually("the service", asking, (size) => size === "3");
    expect([...answers].toSorted()).toEqual(pods);
  });

  test("a container that is killed is started again, and both its logs are there", async () => {
    const [pod = ""] = await podNames();
    const [name = ""] = (await cluster.containers()).filter((each) =>
      each.startsWith(`/k8s_server_${pod}_`),
    );
    await cluster.docker.getContainer(name.slice(1)).kill();
    const status = ["get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0]}"];
    const text = await cluster.eventually(
      status,
      (json) => json.includes('"restartCount":1') && json.includes('"ready":true'),
    );
    expect(JSON.parse(text)).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 137, reason: "Error" } },
    });
    const line = `serving as ${pod} for everybody`;
    expect(await cluster.kubectl("logs", pod)).toBe(line);
    expect(await cluster.kubectl("logs", pod, "--previous")).toBe(line);
    expect(await cluster.kubectl("logs", "deployment/web", "--tail=1")).toMatch(/^serving as /);
  });

  test("what a container leaves is told: exit code, last words, back-off", async () => {
    const code = `
      require("node:fs").writeFileSync("/dev/termination-log", "no such luck");
      process.exit(7);
    `;
    await cluster.apply(podOf("unlucky", cluster.image, code));
    const status = ["get", "pod", "unlucky", "-o", "jsonpath={.status.containerStatuses[0]}"];
    const text = await cluster.eventually(status, (json) => json.includes("CrashLoopBackOff"));
    const terminated = { exitCode: 7, reason: "Error", message: "no such luck" };
    expect(JSON.parse(text)).toMatchObject({ ready: false, lastState: { terminated } });
    const described = await cluster.eventually(["describe", "pod", "unlucky"], (shown) =>
      shown.includes("Back-off restarting failed container main in pod unlucky_default("),
    );
    expect(described).toMatch(/Restart Count: +1/);
    await cluster.kubectl("delete", "pod", "unlucky");
  });

  test("init containers and a sidecar come first, and the pod ends with its main one", async () => {
    const image = cluster.image;
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    const node = (name: string, code: string, more: object = {}) => ({
      name,
      image,
      imagePullPolicy: "Never",
      command: ["node", "-e", code],
      volumeMounts,
      ...more,
    });
    const spec = {
      restartPolicy: "Never",
      initContainers: [
        node("first", `require("node:fs").writeFileSync("/data/word", "done")`),
        node("side", `setInterval(() => {}, 1e6); process.on("SIGTERM", () => process.exit(0))`, {
          restartPolicy: "Always",
        }),
      ],
      containers: [
        node("main", `console.log(require("node:fs").readFileSync("/data/word", "utf8"))`),
      ],
      volumes: [{ name: "data", emptyDir: {} }],
    };
    await cluster.apply({ ...podOf("steps", image, ""), spec });
    await cluster.eventually(
      ["get", "pod", "steps", "-o", "jsonpath={.status.phase}"],
      (phase) => phase === "Succeeded",
    );
    expect(await cluster.kubectl("logs", "steps", "-c", "main")).toBe("done");
    await cluster.kubectl("delete", "pod", "steps");
  });

  test("an image that is nowhere is waited for, and a bad liveness probe is acted on", async () => {
    await cluster.apply(podOf("nowhere", "kubus.invalid/nothing:1", ""));
    const waiting = "jsonpath={.status.containerStatuses[0].state.waiting}";
    await cluster.eventually(["get", "pod", "nowhere", "-o", waiting], (text) =>
      text.includes('"reason":"ErrImageNeverPull"'),
    );

    const livenessProbe = { tcpSocket: { port: 9 }, periodSeconds: 1, failureThreshold: 1 };
    const pod = podOf("deaf", cluster.image, "setInterval(() => {}, 1e6)");
    const containers = pod.spec.containers.map((each) => ({ ...each, livenessProbe }));
    await cluster.apply({
      ...pod,
      spec: { containers, terminationGracePeriodSeconds: 1 },
    });
    await cluster.eventually(["describe", "pod", "deaf"], (shown) =>
      shown.includes("Container main failed liveness probe, will be restarted"),
    );
    await cluster.kubectl("delete", "pod", "nowhere", "deaf");
  });

  test("a kubelet that crashes in a roll-out starts no container twice", async () => {
    await cluster.kubectl("set", "env", "deployment/web", "ROUND=2");
    for (let crashes = 0; crashes < 3; crashes += 1) {
      await cluster.crash("kubelet", cluster.node);
      const count = async () => String((await cluster.containers()).length);
      const before = await count();
      // Something happened in between: the crashes meet different moments.
      await eventually("the number of containers", count, (now) => now !== before || now === "6");
    }
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await eventually(
      "the containers",
      async () => (await cluster.containers()).toSorted().join("\n"),
      (names) => names.split("\n").length === 6,
    );
    const restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    expect(await cluster.kubectl("get", "pods", "-l", "app=web", "-o", restarts)).toBe("0 0 0");
    expect(await podNames()).toHaveLength(3);
  });

  test("pods that are deleted leave no container", async () => {
    const names = await cluster.containers();
    expect(names.filter((name) => !name.includes("_web-"))).toEqual([]);
    await cluster.kubectl("scale", "deployment/web", "--replicas=1");
    await cluster.eventually(["get", "pods", "--no-headers"], (text) => !text.includes("\n"));
    expect(await cluster.containers()).toHaveLength(2);
  });

  test("a cluster that ends leaves no container, and starts its pods again", async () => {
    const [pod = ""] = await podNames();
    await cluster.down();
    expect(await cluster.containers()).toEqual([]);
    await cluster.up();
    await cluster.eventually(
      ["get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0]}"],
      (json) => json.includes('"restartCount":1') && json.includes('"ready":true'),
    );
    expect(await cluster.containers()).toHaveLength(2);
  });

  test("containers of a cluster that was killed are found again, and end with it", async () => {
    const ids = async () => (await cluster.containers()).toSorted();
    const before = await ids();
    await cluster.kill();
    await cluster.up();
    const ready = ["get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"];
    await cluster.eventually(ready, (text) => text === "1");
    expect(await ids()).toEqual(before);
    await cluster.kill();
    await cluster.down();
    expect(await ids()).toEqual([]);
  });
});
