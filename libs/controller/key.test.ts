import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock, waitFor } from "xstate";
import { keyMachine, type Plan, type Seen } from "./key.ts";

type Effect = "observe" | "apply" | "awaitSeen";

function start() {
  const waiting: Record<Effect, PromiseWithResolvers<unknown>[]> = {
    observe: [],
    apply: [],
    awaitSeen: [],
  };
  const open = <T>(name: Effect) => {
    const promise = Promise.withResolvers<unknown>();
    waiting[name].push(promise);
    return promise.promise as Promise<T>;
  };
  const clock = new SimulatedClock();
  const actor = createActor(
    keyMachine.provide({
      actors: {
        observe: fromPromise<Plan, string>(() => open("observe")),
        apply: fromPromise<readonly Seen[], { key: string; actions: readonly unknown[] }>(() =>
          open("apply"),
        ),
        awaitSeen: fromPromise<void, readonly Seen[]>(() => open("awaitSeen")),
      },
    }),
    { clock, input: { key: "default/web" } },
  );
  actor.start();
  const next = (name: Effect) => {
    const promise = waiting[name].shift();
    if (!promise) throw new Error(`${name} does not run`);
    return promise;
  };
  const reaches = (state: string) => waitFor(actor, ({ value }) => value === state);
  return { actor, clock, next, reaches };
}

type World = ReturnType<typeof start>;
const work: Plan = { actions: ["CreatePod"], requeueAfterMs: undefined };

const paths: Record<string, (world: World) => Promise<unknown>> = {
  observing: ({ reaches }) => reaches("observing"),
  applying: ({ next, reaches }) => {
    next("observe").resolve(work);
    return reaches("applying");
  },
  awaiting: async (world) => {
    await paths.applying?.(world);
    world.next("apply").resolve([]);
    return world.reaches("awaiting");
  },
  backingOff: ({ next, reaches }) => {
    next("observe").reject(new Error("no cache"));
    return reaches("backingOff");
  },
};

describe("a change that comes in", () => {
  test.each(Object.keys(paths))("while %s is not lost", async (state) => {
    const world = start();
    await paths[state]?.(world);
    world.actor.send({ type: "Changed" });
    expect(world.actor.getSnapshot().value).toBe(state);
    expect(world.actor.getSnapshot().context.dirty).toBe(true);
  });

  test("leads to another look after the work", async () => {
    const world = start();
    await paths.awaiting?.(world);
    world.actor.send({ type: "Changed" });
    world.next("awaitSeen").resolve(undefined);
    await world.reaches("observing");
    expect(world.actor.getSnapshot().context.dirty).toBe(false);
  });
});

describe("a key", () => {
  test("without anything to do is idle at once", async () => {
    const world = start();
    world.next("observe").resolve({ actions: [], requeueAfterMs: 70 });
    await world.reaches("idle");
    expect(world.actor.getSnapshot().output).toEqual({ key: "default/web", requeueAfterMs: 70 });
  });

  test("is not looked at again before the caches show its writes", async () => {
    const world = start();
    await paths.awaiting?.(world);
    expect(() => world.next("observe")).toThrow("does not run");
    world.next("awaitSeen").resolve(undefined);
    await world.reaches("idle");
  });

  test("goes on although a cache never shows a write", async () => {
    const world = start();
    await paths.awaiting?.(world);
    world.clock.increment(10_000);
    await world.reaches("idle");
  });

  test("waits longer after each failure, and looks anew", async () => {
    const world = start();
    await paths.backingOff?.(world);
    world.clock.increment(10);
    await world.reaches("observing");
    world.next("observe").resolve(work);
    await world.reaches("applying");
    world.next("apply").reject(new Error("conflict"));
    await world.reaches("backingOff");
    world.clock.increment(10);
    expect(world.actor.getSnapshot().value).toBe("backingOff");
    world.clock.increment(10);
    await world.reaches("observing");
    expect(world.actor.getSnapshot().context.attempt).toBe(2);
  });
});
