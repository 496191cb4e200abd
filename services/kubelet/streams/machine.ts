/** One stream to a pod of this node: it is served until either side has enough. */
import { setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

export const streamMachine = setup({
  types: { context: {} as object, events: {} as { type: "Left" } },
  actors: {
    /** Resolves when the stream is over. */
    serve: slot(),
  },
}).createMachine({
  id: "stream",
  context: {},
  initial: "serving",
  states: {
    serving: { invoke: { src: "serve", onDone: "over" } },
    over: { type: "final" },
  },
});
