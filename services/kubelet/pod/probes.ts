/** What a container's probes have come to: pure. */
import type { Container, Probe } from "#proto/gen/k8s/core/v1.ts";
import type { ProbeState } from "./view.ts";

export type ProbeKind = "startup" | "readiness" | "liveness";

/** Results in a row, by kind. */
export interface ProbeRecord {
  readonly state: ProbeState;
  readonly streaks: Readonly<Record<ProbeKind, { readonly ok: boolean; readonly count: number }>>;
}

/** The probes that a container has, in the order in which they count. */
export function probesOf(container: Container): readonly (readonly [ProbeKind, Probe])[] {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const all: [ProbeKind, Probe | undefined][] = [
    ["startup", startupProbe],
    ["readiness", readinessProbe],
    ["liveness", livenessProbe],
  ];
  return all.flatMap(([kind, probe]) => (probe ? [[kind, probe] as const] : []));
}

const none = { ok: true, count: 0 };

/** Before the first result: not started until its startup probe says so, not ready likewise. */
export function initialRecord(container: Container): ProbeRecord {
  const started = container.startupProbe === undefined;
  return {
    state: { started, ready: started && !container.readinessProbe },
    streaks: { startup: none, readiness: none, liveness: none },
  };
}

/** Whether a kind of probe is asked now: the others wait for the startup probe. */
export function isAsked(kind: ProbeKind, { state }: ProbeRecord): boolean {
  return kind === "startup" ? !state.started : state.started;
}

/** The record after one more result. */
export function withResult(
  record: ProbeRecord,
  container: Container,
  kind: ProbeKind,
  ok: boolean,
): ProbeRecord {
  const before = record.streaks[kind];
  const count = before.ok === ok ? before.count + 1 : 1;
  const streaks = { ...record.streaks, [kind]: { ok, count } };
  const probe = probesOf(container).find(([candidate]) => candidate === kind)?.[1] ?? {};
  const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  if (count < threshold) return { ...record, streaks };
  return { streaks, state: conclusion(record.state, container, kind, ok) };
}

function conclusion(
  state: ProbeState,
  container: Container,
  kind: ProbeKind,
  ok: boolean,
): ProbeState {
  if (kind === "readiness") return { ...state, ready: ok };
  if (!ok) return { ...state, ready: false, unhealthy: kind };
  if (kind === "liveness") return state;
  return { ...state, started: true, ready: container.readinessProbe === undefined };
}
