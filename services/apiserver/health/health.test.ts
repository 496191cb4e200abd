import { describe, expect, test } from "vitest";
import { requestInfo } from "../http/request-info.ts";
import { health } from "./health.ts";
import { metrics } from "./metrics.ts";

const fails = () => Promise.reject(new Error("lost"));
const later = { after: () => () => {} };
const all = health(
  [
    { name: "bus", check: fails, probes: ["readyz"] },
    { name: "store", check: () => {}, probes: ["livez", "readyz"] },
  ],
  later,
);
const plain = { verbose: false, exclude: [] };

describe("health", () => {
  test.each([
    ["livez", "", plain, 200, "ok"],
    [
      "livez",
      "",
      { ...plain, verbose: true },
      200,
      "[+]ping ok\n[+]store ok\nlivez check passed\n",
    ],
    [
      "readyz",
      "",
      plain,
      500,
      "[+]ping ok\n[-]bus failed: reason withheld\n[+]store ok\nreadyz check failed\n",
    ],
    ["readyz", "", { verbose: false, exclude: ["bus"] }, 200, "ok"],
    [
      "livez",
      "",
      { verbose: true, exclude: ["x"] },
      200,
      "[+]ping ok\n[+]store ok\nwarn: some health checks cannot be excluded: no matches for " +
        '"x"\nlivez check passed\n',
    ],
    ["readyz", "store", plain, 200, "ok"],
    ["readyz", "bus", plain, 500, "internal server error: bus failed: reason withheld\n"],
  ])("/%s/%s %j", async (probe, name, question, status, text) => {
    expect(await all.answer(probe, name, question)).toEqual({ status, text });
  });

  test("a check that takes too long has failed", async () => {
    const atOnce = {
      after: (_: number, callback: () => void) => {
        callback();
        return () => {};
      },
    };
    const check = () => new Promise<void>(() => {});
    const { answer } = health([{ name: "slow", check, probes: ["readyz"] }], atOnce);
    expect((await answer("readyz", "slow", plain))?.status).toBe(500);
  });

  test("a check of another probe is not there", async () => {
    expect(await all.answer("livez", "bus", plain)).toBeUndefined();
    expect(all.names("healthz")).toEqual(["ping", "bus", "store"]);
  });
});

test("metrics count, time and know what is open", async () => {
  const counted = metrics();
  const info = requestInfo("GET", "/api/v1/namespaces/ns/pods", new URLSearchParams());
  const answer = { method: "GET", code: 200, dryRun: false, isApply: false };
  const under = counted.arrived(info);
  counted.arrived(info)({ ...answer, milliseconds: 70 });
  const close = counted.watchOpened(info);
  counted.watchEvents(info, 3);
  const open = await counted.text();
  expect(open.text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1\n');
  under({ ...answer, milliseconds: 7 });
  const later = await counted.text();
  expect(later.text).toContain(
    'apiserver_request_total{code="200",component="apiserver",dry_run="",group="",' +
      'resource="pods",scope="namespace",subresource="",verb="LIST",version="v1"} 2\n',
  );
  expect(later.text).toMatch(/apiserver_request_duration_seconds_bucket\{.*le="0\.025"\} 1\n/);
  expect(later.text).toMatch(/apiserver_request_duration_seconds_bucket\{.*le="\+Inf"\} 2\n/);
  expect(later.text).toMatch(/apiserver_longrunning_requests\{.*resource="pods".*\} 1\n/);
  expect(later.text).toMatch(/apiserver_watch_events_total\{.*resource="pods"\} 3\n/);
  expect(later.text).toMatch(/^process_cpu_seconds_total /m);
  close();
  close();
  const closed = await counted.text();
  expect(closed.text).toMatch(/apiserver_longrunning_requests\{.*resource="pods".*\} 0\n/);
});

test.each([
  ["POST", "/api/v1/namespaces/ns/pods", "POST", "resource"],
  ["PUT", "/api/v1/namespaces/ns/pods/p", "PUT", "resource"],
  ["PATCH", "/api/v1/namespaces/ns/pods/p", "APPLY", "resource"],
  ["DELETE", "/api/v1/namespaces/ns/pods", "DELETECOLLECTION", "namespace"],
  ["POST", "/api/v1/namespaces/ns/pods/p/exec", "CONNECT", "resource"],
  ["GET", "/api/v1/nodes", "LIST", "cluster"],
  ["GET", "/readyz", "GET", ""],
])("%s %s is counted as %s of a %s", async (method, path, verb, scope) => {
  const counted = metrics();
  const info = requestInfo(method, path, new URLSearchParams());
  counted.arrived(info)({ method, code: 200, milliseconds: 1, dryRun: true, isApply: true });
  const { text } = await counted.text();
  expect(text).toMatch(
    new RegExp(`^apiserver_request_total\\{.*scope="${scope}".*verb="${verb}"`, "m"),
  );
});
