import type { ContainerInspectInfo } from "dockerode";
import { describe, expect, test } from "vitest";
import { container, podOf } from "../../pod/example.ts";
import {
  dockerNameOf,
  filterOf,
  labelsOfContainer,
  labelsOfSandbox,
  type Scope,
} from "./labels.ts";
import { containerOf, podOf as runtimePodOf } from "./state.ts";

const scope: Scope = { cluster: "kubus", node: "node-1", folder: "/data" };
const pod = podOf();
const startedAt = "2026-01-02T03:04:05.123456789Z";
const finishedAt = "2026-01-02T03:04:06.5Z";
const never = "0001-01-01T00:00:00Z";

interface Facts {
  readonly id?: string;
  readonly status: string;
  readonly labels?: Record<string, string>;
  readonly exitCode?: number;
  readonly error?: string;
  readonly isOutOfMemory?: boolean;
  readonly address?: string;
}

function infoOf(facts: Facts): ContainerInspectInfo {
  const { id = "c1", status, exitCode = 0, error = "", address = "" } = facts;
  const hasRun = status !== "created";
  return {
    Id: id,
    Created: "2026-01-02T03:04:04Z",
    Image: "sha256:1",
    Config: {
      Image: "image:1",
      Labels: facts.labels ?? labelsOfContainer(scope, pod, container("main"), 2),
    },
    State: {
      Status: status,
      Running: status === "running",
      ExitCode: exitCode,
      Error: error,
      OOMKilled: facts.isOutOfMemory === true,
      StartedAt: hasRun ? startedAt : never,
      FinishedAt: status === "exited" ? finishedAt : never,
    },
    NetworkSettings: { Networks: { bridge: { IPAddress: address } } },
  } as unknown as ContainerInspectInfo;
}

const sandboxInfo = (more: Partial<Facts> = {}) =>
  infoOf({ id: "s1", status: "running", labels: labelsOfSandbox(scope, pod), ...more });

describe("a container", () => {
  const common = {
    id: "docker://c1",
    name: "main",
    attempt: 2,
    image: "image:1",
    imageId: "docker://sha256:1",
  };
  const ended = { ...common, state: "exited", startedAt: Date.parse(startedAt) };

  test.each<[string, Facts, string, object]>([
    [
      "runs",
      { status: "running" },
      "",
      { ...common, state: "running", startedAt: Date.parse(startedAt) },
    ],
    [
      "succeeded",
      { status: "exited" },
      "",
      { ...ended, finishedAt: Date.parse(finishedAt), exitCode: 0, reason: "Completed" },
    ],
    [
      "failed, with last words",
      { status: "exited", exitCode: 3 },
      "why",
      {
        ...ended,
        finishedAt: Date.parse(finishedAt),
        exitCode: 3,
        reason: "Error",
        message: "why",
      },
    ],
    [
      "used too much memory",
      { status: "exited", exitCode: 137, isOutOfMemory: true },
      "",
      { ...ended, finishedAt: Date.parse(finishedAt), exitCode: 137, reason: "OOMKilled" },
    ],
    [
      "could not be started",
      { status: "created", exitCode: 127, error: "no such file" },
      "",
      {
        ...ended,
        startedAt: Date.parse("2026-01-02T03:04:04Z"),
        finishedAt: Date.parse("2026-01-02T03:04:04Z"),
        exitCode: 127,
        reason: "ContainerCannotRun",
        message: "no such file",
      },
    ],
  ])("that %s", (_, facts, words, expected) => {
    expect(containerOf(infoOf(facts), words)).toEqual(expected);
  });
});

describe("a pod", () => {
  test("of which there is nothing", () => {
    expect(runtimePodOf("u1", [], new Map())).toBeUndefined();
  });

  test("is found by its labels alone", () => {
    const found = [infoOf({ status: "running" }), sandboxInfo({ address: "172.17.0.2" })];
    expect(runtimePodOf("u1", found, new Map())).toMatchObject({
      uid: "u1",
      namespace: "shop",
      name: "web",
      sandboxId: "docker://s1",
      ip: "172.17.0.2",
      isRunning: true,
      containers: [{ name: "main", attempt: 2, state: "running" }],
    });
  });

  test("without a network of its own has no address", () => {
    expect(runtimePodOf("u1", [sandboxInfo()], new Map())?.ip).toBeUndefined();
  });

  test("whose surroundings ended is told so, with what is left", () => {
    const found = [
      sandboxInfo({ status: "exited", address: "172.17.0.2" }),
      infoOf({ status: "exited" }),
    ];
    const known = runtimePodOf("u1", found, new Map());
    expect(known).toMatchObject({ isRunning: false, ip: undefined });
    expect(known?.containers).toHaveLength(1);
  });

  test("a container that was only made does not count", () => {
    const found = [sandboxInfo(), infoOf({ status: "created" })];
    expect(runtimePodOf("u1", found, new Map())?.containers).toEqual([]);
  });

  test("new surroundings count, old ones do not", () => {
    const old = sandboxInfo({ id: "s0", status: "exited" });
    const known = runtimePodOf("u1", [old, sandboxInfo({ address: "172.17.0.3" })], new Map());
    expect(known).toMatchObject({ sandboxId: "docker://s1", isRunning: true });
  });
});

test("names tell attempts of the same container apart", () => {
  expect(dockerNameOf(pod, "main", 3)).toBe("k8s_main_web_shop_u1_3");
});

test("what is looked for has the labels that were given", () => {
  const given = Object.entries(labelsOfSandbox(scope, pod)).map(
    ([key, value]) => `${key}=${value}`,
  );
  for (const wanted of filterOf(scope, "u1")) expect(given).toContain(wanted);
  expect(filterOf({ ...scope, folder: "/other" }, "u1").every((each) => given.includes(each))).toBe(
    false,
  );
});
