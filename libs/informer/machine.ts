/** When an informer lists, follows the broadcast, and refills what it missed. */
import { assign, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

/** What a refill came to. */
export type Refill = "caughtUp" | "expired";

type Context = { attempt: number };
type Event =
  /** A change does not follow on the last one, or a head is ahead of it. */
  | { type: "GapSeen" }
  /** The connection was lost and made again. */
  | { type: "Reconnected" }
  | { type: "Stop" };

const backoffMsMin = 50;
const backoffMsMax = 5_000;

export const informerMachine = setup({
  types: { context: {} as Context, events: {} as Event },
  actors: { list: slot<void>(), refill: slot<Refill>() },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
    markSynced: () => {
      throw new Error("effect not provided");
    },
  },
  guards: {
    isExpired: (_, outcome: Refill) => outcome === "expired",
  },
  delays: {
    backoff: ({ context }) => Math.min(backoffMsMin * 2 ** context.attempt, backoffMsMax),
  },
}).createMachine({
  id: "informer",
  context: { attempt: 0 },
  initial: "listing",
  on: { Stop: ".stopped" },
  states: {
    listing: {
      invoke: { src: "list", onDone: "following", onError: "backingOff" },
    },
    following: {
      tags: "ready",
      entry: ["resetAttempts", "markSynced"],
      on: { GapSeen: "refilling", Reconnected: "refilling" },
    },
    refilling: {
      invoke: {
        src: "refill",
        onDone: [
          {
            guard: { type: "isExpired", params: ({ event }) => event.output },
            target: "listing",
          },
          { target: "following" },
        ],
        onError: "waitingToRefill",
      },
    },
    waitingToRefill: { entry: "countAttempt", after: { backoff: "refilling" } },
    backingOff: { entry: "countAttempt", after: { backoff: "listing" } },
    stopped: { type: "final" },
  },
});
