import { expect, test } from "vitest";
import { exposition } from "../health/exposition.ts";
import { storeTimings } from "./timings.ts";

test("answers are timed by operation and resource, and failures counted", async () => {
  let now = 0;
  const timings = storeTimings(() => now);
  const pods = { group: "", resource: "pods" };
  const slow = new Promise<string>((resolve) => {
    queueMicrotask(() => {
      now = 70;
      resolve("there");
    });
  });
  expect(await timings.timed("get", pods, slow)).toBe("there");
  await timings.timed("get", pods, Promise.resolve(1));
  const failed = timings.timed("create", pods, Promise.reject(new Error("gone")));
  await expect(failed).rejects.toThrow("gone");
  const text = exposition(timings.families());
  const labels = 'operation="get",group="",resource="pods"';
  expect(text).toContain(`etcd_request_duration_seconds_bucket{${labels},le="0.05"} 1\n`);
  expect(text).toContain(`etcd_request_duration_seconds_sum{${labels}} 0.07\n`);
  expect(text).toContain(`etcd_requests_total{${labels}} 2\n`);
  expect(text).toContain(`etcd_request_errors_total{${labels}} 0\n`);
  expect(text).toContain(
    'etcd_request_errors_total{operation="create",group="",resource="pods"} 1',
  );
});
