/** The life of the API server: it serves once its caches are full and the cluster's roots exist. */
import { assign, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

export interface ApiServerContext {
  readonly attempt: number;
}

type Event = { type: "Stop" };

const backoffMsMin = 100;
const backoffMsMax = 5000;
/** How long an object that every cluster has can be missing or wrong, about. */
const keepMs = 60_000;

export const apiServerMachine = setup({
  types: { context: {} as ApiServerContext, events: {} as Event },
  actors: {
    /** Opens the ports and asks the store whether it is there. */
    connect: slot<void, void>(),
    /** Fills the caches; a failure ends this life. */
    warm: slot<void, void>(),
    /** Writes the objects that every cluster has. */
    bootstrap: slot<void, void>(),
    /** Puts right those of them that nobody may change for long. */
    keep: slot<void, void>(),
    /** Opens the doors; a failure (a taken port) ends this life. */
    open: slot<void, void>(),
    /** Closes the doors and waits for what is under way. */
    close: slot<void, void>(),
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
  },
  delays: {
    keepMs,
    backoff: ({ context }) => Math.min(backoffMsMax, backoffMsMin * 2 ** context.attempt),
  },
}).createMachine({
  id: "apiserver",
  context: { attempt: 0 },
  initial: "connecting",
  states: {
    connecting: {
      invoke: { src: "connect", onDone: "warming", onError: "waitingToConnect" },
      on: { Stop: "stopping" },
    },
    waitingToConnect: {
      entry: "countAttempt",
      after: { backoff: "connecting" },
      on: { Stop: "stopping" },
    },
    warming: {
      entry: "resetAttempts",
      invoke: { src: "warm", onDone: "bootstrapping" },
      on: { Stop: "stopping" },
    },
    bootstrapping: {
      invoke: { src: "bootstrap", onDone: "opening", onError: "waitingToBootstrap" },
      on: { Stop: "stopping" },
    },
    waitingToBootstrap: {
      entry: "countAttempt",
      after: { backoff: "bootstrapping" },
      on: { Stop: "stopping" },
    },
    opening: {
      entry: "resetAttempts",
      invoke: { src: "open", onDone: "serving" },
      on: { Stop: "stopping" },
    },
    serving: { tags: "ready", after: { keepMs: "keeping" }, on: { Stop: "stopping" } },
    keeping: {
      tags: "ready",
      // What cannot be put right now is looked at again the next time.
      invoke: { src: "keep", onDone: "serving", onError: "serving" },
      on: { Stop: "stopping" },
    },
    stopping: { invoke: { src: "close", onDone: "stopped", onError: "stopped" } },
    stopped: { type: "final" },
  },
});
