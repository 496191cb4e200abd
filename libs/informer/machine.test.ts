import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock, waitFor } from "xstate";
import { informerMachine, type Refill } from "./machine.ts";

/** A machine whose effects end when the test says so. */
function start() {
  const waiting: Record<"list" | "refill", PromiseWithResolvers<unknown>[]> = {
    list: [],
    refill: [],
  };
  const open = (name: "list" | "refill") => {
    const promise = Promise.withResolvers<unknown>();
    waiting[name].push(promise);
    return promise.promise;
  };
  let synced = 0;
  const clock = new SimulatedClock();
  const actor = createActor(
    informerMachine.provide({
      actors: {
        list: fromPromise<void>(() => open("list") as Promise<void>),
        refill: fromPromise<Refill>(() => open("refill") as Promise<Refill>),
      },
      actions: { markSynced: () => void (synced += 1) },
    }),
    { clock },
  );
  actor.start();
  const next = (name: "list" | "refill") => {
    const promise = waiting[name].shift();
    if (!promise) throw new Error(`no ${name} is running`);
    return promise;
  };
  const reaches = (state: string) => waitFor(actor, ({ value }) => value === state);
  return { actor, clock, next, reaches, synced: () => synced };
}

type World = ReturnType<typeof start>;

/** Brings a fresh machine into each of its states. */
const paths: Record<string, (world: World) => Promise<unknown>> = {
  listing: ({ reaches }) => reaches("listing"),
  following: ({ next, reaches }) => {
    next("list").resolve(undefined);
    return reaches("following");
  },
  refilling: async (world) => {
    await paths.following?.(world);
    world.actor.send({ type: "GapSeen" });
    return world.reaches("refilling");
  },
  backingOff: ({ next, reaches }) => {
    next("list").reject(new Error("no answer"));
    return reaches("backingOff");
  },
  waitingToRefill: async (world) => {
    await paths.refilling?.(world);
    world.next("refill").reject(new Error("no answer"));
    return world.reaches("waitingToRefill");
  },
};

const after = {
  listing: { GapSeen: "listing", Reconnected: "listing", Stop: "stopped" },
  following: { GapSeen: "refilling", Reconnected: "refilling", Stop: "stopped" },
  refilling: { GapSeen: "refilling", Reconnected: "refilling", Stop: "stopped" },
  backingOff: { GapSeen: "backingOff", Reconnected: "backingOff", Stop: "stopped" },
  waitingToRefill: { GapSeen: "waitingToRefill", Reconnected: "waitingToRefill", Stop: "stopped" },
} as const;

describe("every state × event", () => {
  const rows = Object.entries(after).flatMap(([state, events]) =>
    Object.entries(events).map(([event, target]) => [state, event, target] as const),
  );
  test.each(rows)("%s × %s → %s", async (state, event, target) => {
    const world = start();
    await paths[state]?.(world);
    world.actor.send({ type: event as "Stop" });
    expect(world.actor.getSnapshot().value).toBe(target);
  });
});

describe("an informer", () => {
  test("is synced after its first list", async () => {
    const world = start();
    expect(world.synced()).toBe(0);
    await paths.following?.(world);
    expect(world.synced()).toBe(1);
  });

  test("follows again after a refill", async () => {
    const world = start();
    await paths.refilling?.(world);
    world.next("refill").resolve("caughtUp");
    await world.reaches("following");
  });

  test("lists again when the window has moved on", async () => {
    const world = start();
    await paths.refilling?.(world);
    world.next("refill").resolve("expired");
    await world.reaches("listing");
    world.next("list").resolve(undefined);
    await world.reaches("following");
  });

  test("tries a failed list again, later each time", async () => {
    const world = start();
    await paths.backingOff?.(world);
    world.clock.increment(100);
    await world.reaches("listing");
    world.next("list").reject(new Error("no answer"));
    await world.reaches("backingOff");
    world.clock.increment(100);
    expect(world.actor.getSnapshot().value).toBe("backingOff");
    world.clock.increment(100);
    await world.reaches("listing");
  });

  test("tries a failed refill again", async () => {
    const world = start();
    await paths.waitingToRefill?.(world);
    world.clock.increment(100);
    await world.reaches("refilling");
  });
});
