/** When the proxy reads its caches, applies what they say, waits and tries again. */
import { assign, fromCallback, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";
import type { Applied } from "./wire.ts";

interface Context {
  /** Something changed since the caches were read. */
  readonly dirty: boolean;
  readonly attempt: number;
}

type Event =
  /** A service or an endpoint slice changed. */
  { type: "Changed" } | { type: "Stop" };

/** Milliseconds in which changes gather, so that a rollout costs few applications. */
const gatherMs = 20;
const backoffMsMin = 500;
const backoffMsMax = 30_000;

const applied = ({ event }: { event: { output: Applied } }) => event.output;
const report = { type: "report", params: applied } as const;
const whenApplied = [
  {
    guard: { type: "isIncomplete", params: applied },
    target: "waitingToRetry",
    actions: report,
  },
  { target: "settled", actions: [report, "resetAttempts"] },
] as const;

export const proxyMachine = setup({
  types: { context: {} as Context, events: {} as Event },
  actors: {
    /** Sends Changed for as long as the machine lives. */
    watch: fromCallback<Event>(() => {
      throw new Error("effect not provided");
    }),
    sync: slot<void>(),
    apply: slot<Applied>(),
    close: slot<void>(),
  },
  actions: {
    markDirty: assign({ dirty: true }),
    clearDirty: assign({ dirty: false }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
    report: (_self, _applied: Applied) => {
      throw new Error("effect not provided");
    },
  },
  guards: {
    isDirty: ({ context }) => context.dirty,
    isIncomplete: (_, { isIncomplete }: Applied) => isIncomplete,
  },
  delays: {
    gather: gatherMs,
    backoff: ({ context }) => Math.min(backoffMsMin * 2 ** context.attempt, backoffMsMax),
  },
}).createMachine({
  id: "proxy",
  context: { dirty: false, attempt: 0 },
  initial: "syncing",
  invoke: { src: "watch" },
  on: { Changed: { actions: "markDirty" }, Stop: ".stopping" },
  states: {
    syncing: { invoke: { src: "sync", onDone: "opening", onError: "waitingToSync" } },
    waitingToSync: { entry: "countAttempt", after: { backoff: "syncing" } },
    opening: {
      entry: "clearDirty",
      invoke: { src: "apply", onDone: whenApplied, onError: "waitingToOpen" },
    },
    waitingToOpen: { entry: "countAttempt", after: { backoff: "opening" } },
    settled: { tags: "ready", always: { guard: "isDirty", target: "gathering" } },
    gathering: { tags: "ready", after: { gather: "applying" } },
    applying: {
      tags: "ready",
      entry: "clearDirty",
      invoke: { src: "apply", onDone: whenApplied, onError: "waitingToRetry" },
    },
    waitingToRetry: {
      tags: "ready",
      entry: "countAttempt",
      always: { guard: "isDirty", target: "gathering" },
      after: { backoff: "applying" },
    },
    stopping: { invoke: { src: "close", onDone: "stopped", onError: "stopped" } },
    stopped: { type: "final" },
  },
});
