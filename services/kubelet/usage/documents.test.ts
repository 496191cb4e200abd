/** What is told of usage, in both forms. */
import { expect, test } from "vitest";
import { usageOf } from "../runtimes/simulated/usage.ts";
import { resourceMetrics, statsSummary, type UsageView } from "./documents.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const startedAt = now - 10_000;
const usage = { nanoCores: 5e8, coreNanoSeconds: 5e9, memoryBytes: 1_000 };
const view: UsageView = {
  node: "n1",
  now,
  startedAt,
  memoryBytes: 10_000,
  pods: [
    {
      uid: "u",
      namespace: "shop",
      name: "web",
      containers: [
        { name: "a", startedAt, ...usage },
        { name: "b", startedAt: startedAt - 5_000, ...usage },
      ],
    },
  ],
};

test("the summary adds up", () => {
  expect(statsSummary(view)).toMatchObject({
    node: {
      nodeName: "n1",
      cpu: { usageNanoCores: 1e9, usageCoreNanoSeconds: 1e10 },
      memory: { workingSetBytes: 2_000, availableBytes: 8_000 },
    },
    pods: [
      {
        podRef: { name: "web", namespace: "shop", uid: "u" },
        startTime: "2026-01-02T03:03:50.000Z",
        cpu: { usageNanoCores: 1e9 },
        containers: [{ name: "a", memory: { workingSetBytes: 1_000 } }, { name: "b" }],
      },
    ],
  });
});

test("metrics have Kubernetes' names", () => {
  const text = resourceMetrics(view);
  expect(text).toContain(
    `container_cpu_usage_seconds_total{container="a",namespace="shop",pod="web"} 5 ${now}\n`,
  );
  expect(text).toContain(`node_memory_working_set_bytes 2000 ${now}\n`);
  expect(text).toContain(`pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 10 ${now}\n`);
  expect(resourceMetrics({ ...view, pods: [] })).not.toContain("container_cpu");
});

test.each<[string, Record<string, string>, number, number]>([
  ["what is asked for", {}, 2.5e8, 64 * 1024 * 1024],
  ["what is scripted", { "simulated.kubus.io/cpu-usage": "2" }, 2e9, 64 * 1024 * 1024],
  ["its own", { "simulated.kubus.io/memory-usage.main": "1Ki" }, 2.5e8, 1_024],
  ["nothing, where that is no quantity", { "simulated.kubus.io/cpu-usage": "x" }, 0, 67_108_864],
])("a simulated container uses %s", (_, annotations, nanoCores, memoryBytes) => {
  const requests = { cpu: "250m", memory: "64Mi" };
  const container = { name: "main", resources: { requests } };
  const told = usageOf({ metadata: { annotations } }, container, startedAt, now);
  expect(told).toMatchObject({ nanoCores, memoryBytes, coreNanoSeconds: nanoCores * 10 });
});
