/** SIGKILL in the middle of a rollout: the whole cluster, its nats-server, one of its processes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { rollCall } from "../../infra/kubus/rollcall.ts";
import { isAlive } from "../../infra/tools/process.ts";
import { TestCluster, until } from "./cluster.ts";
import { inTheMiddle, lostOf } from "./middle.ts";
import { names, untilComplete } from "./rollout.ts";

const testMsMax = 180_000;

let cluster: TestCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

/** A rollout and an update, each with a kill in its middle. */
async function survive(running: TestCluster, namespace: string, kill: () => Promise<void>) {
  await running.kubectl("create", "namespace", namespace);
  const acknowledged: string[] = [];
  for (const image of ["image:1", "image:2"]) {
    acknowledged.push(...(await inTheMiddle(running, namespace, image, kill)));
    const { sets } = await untilComplete(running, namespace, image);
    expect(sets).toHaveLength(image === "image:1" ? names.length : 2 * names.length);
    expect(await lostOf(running, namespace, acknowledged)).toEqual([]);
  }
}

const natsPid = ({ folder }: TestCluster) =>
  Number(readFileSync(join(folder, "nats", "pid"), "utf8"));

test("the whole cluster is killed and starts again", { timeout: testMsMax }, async () => {
  const running = (cluster = await TestCluster.start({ nodes: 2 }));
  await survive(running, "killed", async () => {
    const pids = [running.record.pid, natsPid(running)];
    // The server first: nothing of it is written down on the way out.
    for (const pid of pids.toReversed()) process.kill(pid, "SIGKILL");
    await until(
      "both are gone",
      async () => pids.filter(isAlive),
      ({ length }) => length === 0,
    );
    await running.up();
  });
});

test("nats-server is killed under the cluster", { timeout: testMsMax }, async () => {
  const running = (cluster = await TestCluster.start({ nodes: 2 }));
  await survive(running, "unbused", async () => {
    const pid = natsPid(running);
    process.kill(pid, "SIGKILL");
    await until(
      "another one runs",
      async () => natsPid(running),
      (now) => now !== pid,
    );
  });
});

test("processes of a cluster of many are killed", { timeout: testMsMax }, async () => {
  const running = (cluster = await TestCluster.start({ nodes: 2, separate: true }));
  const pidOf = async (component: string) => {
    const bus = await running.connect();
    try {
      return (await rollCall(bus)).find((answer) => answer.component === component)?.pid ?? 0;
    } finally {
      await bus.close();
    }
  };
  await running.kubectl("create", "namespace", "parts");
  const parts = ["store", "apiserver", "deployment-controller", "kubelet"];
  // The processes share a namespace: each is killed in the middle of one update.
  for (const [index, component] of parts.entries()) {
    const image = `image:${index}`;
    const acknowledged = await inTheMiddle(running, "parts", image, async () => {
      const pid = await pidOf(component);
      expect(pid).not.toBe(running.record.pid);
      process.kill(pid, "SIGKILL");
      const isAnother = (now: number) => now !== 0 && now !== pid;
      await until(`another ${component}`, () => pidOf(component), isAnother);
    });
    const { sets } = await untilComplete(running, "parts", image);
    expect(sets).toHaveLength((index + 1) * names.length);
    expect(await lostOf(running, "parts", acknowledged)).toEqual([]);
  }
});
