import { describe, expect, test } from "vitest";
import { createActor, fromCallback, fromPromise, SimulatedClock } from "xstate";
import { kubeletMachine } from "./machine.ts";

/** One run of the machine whose effects end when the test says so. */
function start() {
  const clock = new SimulatedClock();
  const calls: string[] = [];
  const pending: PromiseWithResolvers<void>[] = [];
  const effect = (name: string) =>
    fromPromise<void>(() => {
      calls.push(name);
      const promise = Promise.withResolvers<void>();
      pending.push(promise);
      return promise.promise;
    });
  const note = (name: string) => () => void calls.push(name);
  const machine = kubeletMachine.provide({
    actors: {
      connect: effect("connect"),
      register: effect("register"),
      sync: effect("sync"),
      runPods: fromCallback(() => {
        calls.push("startPods");
        return note("stopPods");
      }),
    },
    actions: {
      leaveNothing: note("leaveNothing"),
      reportFailure: note("failure"),
    },
  });
  const actor = createActor(machine, { clock });
  actor.start();
  const settle = async (error?: Error) => {
    const promise = pending.shift();
    if (error) promise?.reject(error);
    else promise?.resolve();
    await new Promise(setImmediate);
  };
  return { actor, clock, calls, settle, state: () => actor.getSnapshot().value };
}

type Run = ReturnType<typeof start>;

const paths: Record<string, (run: Run) => Promise<void> | void> = {
  connecting: () => undefined,
  registering: (run) => run.settle(),
  syncing: async (run) => {
    await run.settle();
    await run.settle();
  },
  running: async (run) => {
    for (let steps = 0; steps < 3; steps += 1) await run.settle();
  },
  waiting: (run) => run.settle(new Error("out of reach")),
  stopped: (run) => run.actor.send({ type: "Stop" }),
};

describe("kubelet machine", () => {
  test.each(Object.keys(paths))("reaches %s, and is ready only when it runs pods", async (name) => {
    const run = start();
    await paths[name]?.(run);
    expect(run.state()).toBe(name);
    expect(run.actor.getSnapshot().hasTag("ready")).toBe(name === "running");
    run.actor.stop();
  });

  test.each(Object.keys(paths))("stops in %s, once", async (name) => {
    const run = start();
    await paths[name]?.(run);
    // A machine that has stopped hears nothing any more.
    if (name !== "stopped") run.actor.send({ type: "Stop" });
    expect(run.state()).toBe("stopped");
    expect(run.actor.getSnapshot().status).toBe("done");
    expect(run.calls.filter((call) => call === "leaveNothing")).toHaveLength(1);
    const stops = run.calls.filter((call) => call === "stopPods").length;
    expect(stops).toBe(run.calls.includes("startPods") ? 1 : 0);
  });

  test("goes step by step", async () => {
    const run = start();
    await paths["running"]?.(run);
    expect(run.calls).toEqual(["connect", "register", "sync", "startPods"]);
    run.actor.stop();
  });

  test.each([0, 1, 2])("begins anew a second after step %i failed", async (step) => {
    const run = start();
    for (let steps = 0; steps < step; steps += 1) await run.settle();
    await run.settle(new Error("no answer"));
    expect(run.state()).toBe("waiting");
    expect(run.calls.at(-1)).toBe("failure");
    run.clock.increment(1_000);
    expect(run.state()).toBe("connecting");
    run.actor.stop();
  });
});
