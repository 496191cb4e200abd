/** A kubelet as a whole: it registers its node, finds its pods, and runs them until its end. */
import { fromCallback, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

type Event = { type: "Stop" };

export const kubeletMachine = setup({
  types: { events: {} as Event },
  actors: {
    /** Connects to the runtime. */
    connect: slot(),
    register: slot(),
    /** Resolves when the pods of this node are known, in the API and in the runtime. */
    sync: slot(),
    /** Every pod has its actor for as long as this runs. */
    runPods: fromCallback<Event>(() => {
      throw new Error("effect not provided");
    }),
  },
  actions: {
    /** The end is in order: nothing is to follow. */
    leaveNothing: () => undefined,
    reportFailure: (_, _failure: { error: unknown }) => undefined,
  },
  delays: { retry: 1_000 },
}).createMachine({
  id: "kubelet",
  initial: "connecting",
  on: { Stop: ".stopped" },
  states: {
    connecting: {
      invoke: {
        src: "connect",
        onDone: "registering",
        onError: {
          target: "waiting",
          actions: { type: "reportFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    registering: {
      invoke: {
        src: "register",
        onDone: "syncing",
        onError: {
          target: "waiting",
          actions: { type: "reportFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    syncing: {
      invoke: {
        src: "sync",
        onDone: "running",
        onError: {
          target: "waiting",
          actions: { type: "reportFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    waiting: { after: { retry: "connecting" } },
    running: { tags: "ready", invoke: { src: "runPods" } },
    stopped: { type: "final", entry: "leaveNothing" },
  },
});
