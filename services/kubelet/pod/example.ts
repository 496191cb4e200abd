/** For tests: a pod as the kubelet sees it, from as few words as possible. */
import type { Container, Pod, PodSpec, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeContainer, RuntimePod } from "../runtime.ts";
import type { PodView } from "./view.ts";

/** When every example happens. */
export const now = Date.parse("2026-01-02T03:04:05Z");
export const seconds = (count: number) => count * 1_000;

export function podOf(spec: PodSpec = {}, status: PodStatus = {}): Pod {
  return {
    metadata: { name: "web", namespace: "shop", uid: "u1", generation: 1 },
    spec: { restartPolicy: "Always", containers: [container("main")], ...spec },
    status,
  };
}

export const container = (name: string, more: Container = {}): Container => ({
  name,
  image: "image:1",
  ...more,
});

/** The same pod, deleted now with so much time to end. */
export const deleted = (pod: Pod, graceSeconds = 30): Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    deletionTimestamp: new Date(now + seconds(graceSeconds)).toISOString(),
    deletionGracePeriodSeconds: graceSeconds,
  },
});

export function running(name: string, attempt = 0): RuntimeContainer {
  const common = { image: "image:1", imageId: "sha256:1", startedAt: now - seconds(5) };
  return { id: `run://${name}-${attempt}`, name, attempt, state: "running", ...common };
}

/** Ended just now unless `ago` says how many seconds before; it ran for one second. */
export function exited(name: string, exitCode: number, attempt = 0, ago = 0): RuntimeContainer {
  const finishedAt = now - seconds(ago);
  return {
    ...running(name, attempt),
    state: "exited",
    exitCode,
    startedAt: finishedAt - seconds(1),
    finishedAt,
  };
}

export function sandbox(
  containers: readonly RuntimeContainer[] = [],
  more: Partial<RuntimePod> = {},
): RuntimePod {
  const names = { uid: "u1", namespace: "shop", name: "web", sandboxId: "run://s" };
  return { ...names, ip: "10.0.0.2", isRunning: true, containers, ...more };
}

export function viewOf(pod: Pod, runtime?: RuntimePod, more: Partial<PodView> = {}): PodView {
  return {
    pod,
    runtime,
    failures: new Map(),
    probes: new Map(),
    stopping: new Map(),
    backedOff: new Map(),
    isTornDown: false,
    hostIp: "192.0.2.1",
    now,
    ...more,
  };
}
