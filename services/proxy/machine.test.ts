import { describe, expect, it } from "vitest";
import { createActor, fromCallback, fromPromise, SimulatedClock, type StateValue } from "xstate";
import { proxyMachine } from "./machine.ts";
import type { Applied } from "./wire.ts";

const complete: Applied = { reports: [], isIncomplete: false };
const incomplete: Applied = { reports: [], isIncomplete: true };

/** One run of the machine whose effects end when the test says so. */
function start() {
  const clock = new SimulatedClock();
  const calls: string[] = [];
  const pending: PromiseWithResolvers<unknown>[] = [];
  const effect = <Output>(name: string) =>
    fromPromise<Output>(() => {
      calls.push(name);
      const promise = Promise.withResolvers<unknown>();
      pending.push(promise);
      return promise.promise as Promise<Output>;
    });
  const machine = proxyMachine.provide({
    actors: {
      watch: fromCallback(() => undefined),
      sync: effect<void>("sync"),
      apply: effect<Applied>("apply"),
      close: effect<void>("close"),
    },
    actions: { report: () => calls.push("report") },
  });
  const actor = createActor(machine, { clock });
  actor.start();
  const settle = async (outcome: unknown) => {
    const promise = pending.shift();
    if (outcome instanceof Error) promise?.reject(outcome);
    else promise?.resolve(outcome);
    // Two turns: the promise's own and the actor's answer to it.
    await new Promise(setImmediate);
  };
  const state = (): StateValue => actor.getSnapshot().value;
  return { actor, clock, calls, settle, state };
}

type Run = ReturnType<typeof start>;

/** How to get into each state. */
const paths: Record<string, (run: Run) => Promise<void> | void> = {
  syncing: () => undefined,
  waitingToSync: (run) => run.settle(new Error("no answer")),
  opening: (run) => run.settle(undefined),
  waitingToOpen: async (run) => {
    await run.settle(undefined);
    await run.settle(new Error("broken"));
  },
  settled: async (run) => {
    await run.settle(undefined);
    await run.settle(complete);
  },
  gathering: async (run) => {
    await paths.settled?.(run);
    run.actor.send({ type: "Changed" });
  },
  applying: async (run) => {
    await paths.gathering?.(run);
    run.clock.increment(20);
  },
  waitingToRetry: async (run) => {
    await run.settle(undefined);
    await run.settle(incomplete);
  },
  stopping: (run) => run.actor.send({ type: "Stop" }),
  stopped: async (run) => {
    run.actor.send({ type: "Stop" });
    // The effect that was under way is forgotten, not awaited.
    await run.settle(undefined);
    await run.settle(undefined);
  },
};

const isServing = (state: string) =>
  ["settled", "gathering", "applying", "waitingToRetry"].includes(state);

describe("proxy machine", () => {
  it.each(Object.keys(paths))("reaches %s, and is ready only when it serves", async (state) => {
    const run = start();
    await paths[state]?.(run);
    expect(run.state()).toBe(state);
    expect(run.actor.getSnapshot().hasTag("ready")).toBe(isServing(state));
    run.actor.stop();
  });

  it.each(Object.keys(paths).filter((state) => !state.startsWith("stop")))(
    "remembers a change in %s and stops from there",
    async (state) => {
      const run = start();
      await paths[state]?.(run);
      run.actor.send({ type: "Changed" });
      expect(run.actor.getSnapshot().context.dirty).toBe(true);
      run.actor.send({ type: "Stop" });
      expect(run.state()).toBe("stopping");
      run.actor.stop();
    },
  );

  it("applies again when something changed while it applied", async () => {
    const run = start();
    await paths.applying?.(run);
    run.actor.send({ type: "Changed" });
    await run.settle(complete);
    expect(run.state()).toBe("gathering");
    run.clock.increment(20);
    expect(run.state()).toBe("applying");
    await run.settle(complete);
    expect(run.state()).toBe("settled");
    expect(run.calls.filter((call) => call === "apply")).toHaveLength(3);
  });

  it("tries again, ever less often, while ports cannot be opened", async () => {
    const run = start();
    await paths.waitingToRetry?.(run);
    run.clock.increment(999);
    expect(run.state()).toBe("waitingToRetry");
    run.clock.increment(1);
    expect(run.state()).toBe("applying");
    await run.settle(incomplete);
    run.clock.increment(1_999);
    expect(run.state()).toBe("waitingToRetry");
    run.clock.increment(1);
    await run.settle(complete);
    expect(run.actor.getSnapshot().context.attempt).toBe(0);
  });

  it("does not wait for its turn to retry when something changed", async () => {
    const run = start();
    await paths.waitingToRetry?.(run);
    run.actor.send({ type: "Changed" });
    run.clock.increment(20);
    expect(run.state()).toBe("applying");
  });

  it("ends even when closing fails", async () => {
    const run = start();
    run.actor.send({ type: "Stop" });
    await run.settle(undefined);
    await run.settle(new Error("broken"));
    expect(run.state()).toBe("stopped");
    expect(run.actor.getSnapshot().status).toBe("done");
  });
});
