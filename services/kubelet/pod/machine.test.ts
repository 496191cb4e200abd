import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock } from "xstate";
import type { Action } from "./decide.ts";
import { deleted, podOf, running, sandbox, viewOf } from "./example.ts";
import { podMachine } from "./machine.ts";
import { statusOf } from "./status.ts";
import type { PodView } from "./view.ts";

const rest = (() => {
  const view = viewOf(podOf(), sandbox([running("main")]));
  return { ...view, pod: { ...view.pod, status: statusOf(view) } };
})();
const fresh = viewOf(podOf());
const gone = viewOf(deleted(podOf()));

/** One run of the machine whose effects end when the test says so. */
function start() {
  const clock = new SimulatedClock();
  const calls: string[] = [];
  const pending: PromiseWithResolvers<unknown>[] = [];
  const wait = (call: string) => {
    calls.push(call);
    const promise = Promise.withResolvers<unknown>();
    pending.push(promise);
    return promise.promise;
  };
  const machine = podMachine.provide({
    actors: {
      observe: fromPromise<PodView, string>(({ input }) => wait(`observe ${input}`) as never),
      act: fromPromise<void, readonly Action[]>(
        ({ input }) => wait(`act ${input.map(({ type }) => type).join(" ")}`) as never,
      ),
    },
    actions: { reportFailure: () => void calls.push("failure") },
  });
  const actor = createActor(machine, { clock, input: { uid: "u1" } });
  actor.start();
  const settle = async (outcome?: unknown) => {
    const promise = pending.shift();
    if (outcome instanceof Error) promise?.reject(outcome);
    else promise?.resolve(outcome);
    // Two turns: the promise's own and the actor's answer to it.
    await new Promise(setImmediate);
  };
  const state = () => actor.getSnapshot().value;
  const isDirty = () => actor.getSnapshot().context.dirty;
  return { actor, clock, calls, settle, state, isDirty };
}

type Run = ReturnType<typeof start>;

/** How to get into each state that lasts. */
const paths: Record<string, (run: Run) => Promise<void> | void> = {
  observing: () => undefined,
  acting: (run) => run.settle(fresh),
  settled: (run) => run.settle(rest),
  backingOff: (run) => run.settle(new Error("out of reach")),
  gone: async (run) => {
    await run.settle(gone);
    await run.settle();
  },
};

describe("pod machine", () => {
  test.each(Object.keys(paths))("reaches %s", async (name) => {
    const run = start();
    await paths[name]?.(run);
    expect(run.state()).toBe(name);
    run.actor.stop();
  });

  test.each([
    ["observing", "observing", true],
    ["acting", "acting", true],
    ["settled", "observing", false],
    ["backingOff", "backingOff", true],
  ])("a change in %s leads to %s, remembered: %s", async (name, next, isDirty) => {
    const run = start();
    await paths[name]?.(run);
    run.actor.send({ type: "Changed" });
    expect(run.state()).toBe(next);
    expect(run.isDirty()).toBe(isDirty);
    run.actor.stop();
  });

  test("looks again when something changed while it looked", async () => {
    const run = start();
    run.actor.send({ type: "Changed" });
    await run.settle(rest);
    expect(run.state()).toBe("observing");
    await run.settle(rest);
    expect(run.state()).toBe("settled");
    expect(run.calls).toEqual(["observe u1", "observe u1"]);
  });

  test("looks at what its actions came to", async () => {
    const run = start();
    await run.settle(fresh);
    await run.settle();
    expect(run.state()).toBe("observing");
    expect(run.calls).toEqual(["observe u1", "act CreateSandbox", "observe u1"]);
  });

  test("ends when the object is gone", async () => {
    const run = start();
    await paths["gone"]?.(run);
    expect(run.actor.getSnapshot().status).toBe("done");
    expect(run.calls.at(-1)).toMatch(/RemoveSandbox DeletePod$/);
  });

  test("does not end when taking the object away failed", async () => {
    const run = start();
    await run.settle(gone);
    await run.settle(new Error("no answer"));
    expect(run.state()).toBe("backingOff");
    run.clock.increment(40);
    expect(run.state()).toBe("observing");
  });

  test("waits ever longer after failures, and starts anew when it settled", async () => {
    const run = start();
    for (const wait of [40, 80, 160]) {
      await run.settle(new Error("out of reach"));
      run.clock.increment(wait - 1);
      expect(run.state()).toBe("backingOff");
      run.clock.increment(1);
      expect(run.state()).toBe("observing");
    }
    await run.settle(rest);
    expect(run.actor.getSnapshot().context.attempt).toBe(0);
    expect(run.calls.filter((call) => call === "failure")).toHaveLength(3);
  });

  test("wakes when its plan says so", async () => {
    const startTime = new Date(rest.now).toISOString();
    const run = start();
    const view = viewOf(podOf({ activeDeadlineSeconds: 30 }), sandbox([running("main")]));
    const status = { ...statusOf(view), startTime };
    await run.settle({ ...view, pod: { ...view.pod, status } });
    expect(run.state()).toBe("settled");
    run.clock.increment(30_000);
    expect(run.state()).toBe("settled");
    run.clock.increment(1);
    expect(run.state()).toBe("observing");
  });

  test("looks now and then without a reason", async () => {
    const run = start();
    await paths["settled"]?.(run);
    run.clock.increment(600_000);
    expect(run.state()).toBe("observing");
  });
});
