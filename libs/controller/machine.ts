/** A controller as a whole: its caches fill, then it reconciles keys until it is stopped. */
import { setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

type Event = { type: "Stop" };

export const controllerMachine = setup({
  types: { events: {} as Event },
  actors: {
    /** Resolves when every cache holds all that was acknowledged before. */
    sync: slot(),
  },
  actions: {
    startWork: () => {
      throw new Error("effect not provided");
    },
    stopWork: () => {
      throw new Error("effect not provided");
    },
  },
  delays: { retry: 500 },
}).createMachine({
  id: "controller",
  initial: "syncing",
  on: { Stop: ".stopped" },
  states: {
    syncing: { invoke: { src: "sync", onDone: "reconciling", onError: "waiting" } },
    waiting: { after: { retry: "syncing" } },
    reconciling: { tags: "ready", entry: "startWork", exit: "stopWork" },
    stopped: { type: "final" },
  },
});
