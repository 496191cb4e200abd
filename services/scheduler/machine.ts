/** The scheduler as a whole: its caches fill, then it places pods until it is stopped. */
import { fromPromise, setup } from "xstate";

type Event = { type: "Stop" };

export const schedulerMachine = setup({
  types: { events: {} as Event },
  actors: {
    /** Resolves when the caches hold all that was acknowledged before: no pod is placed twice. */
    sync: fromPromise<void>(() => Promise.reject(new Error("effect not provided"))),
    /** Resolves when the binds on their way are done. */
    drain: fromPromise<void>(() => Promise.reject(new Error("effect not provided"))),
  },
  actions: {
    startScheduling: () => {
      throw new Error("effect not provided");
    },
    stopScheduling: () => {
      throw new Error("effect not provided");
    },
  },
  delays: { retry: 500, drainMsMax: 3_000 },
}).createMachine({
  id: "scheduler",
  initial: "syncing",
  states: {
    syncing: {
      on: { Stop: "stopped" },
      invoke: { src: "sync", onDone: "scheduling", onError: "waiting" },
    },
    waiting: { on: { Stop: "stopped" }, after: { retry: "syncing" } },
    scheduling: {
      tags: "ready",
      entry: "startScheduling",
      exit: "stopScheduling",
      on: { Stop: "draining" },
    },
    draining: {
      invoke: { src: "drain", onDone: "stopped", onError: "stopped" },
      after: { drainMsMax: "stopped" },
    },
    stopped: { type: "final" },
  },
});
