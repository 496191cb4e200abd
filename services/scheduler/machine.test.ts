import { describe, expect, test } from "vitest";
import { createActor, fromPromise, SimulatedClock, waitFor } from "xstate";
import { schedulerMachine } from "./machine.ts";

function start() {
  const said: string[] = [];
  const open: Record<string, PromiseWithResolvers<void>> = {};
  const effect = (name: string) =>
    fromPromise<void>(() => (open[name] = Promise.withResolvers<void>()).promise);
  const clock = new SimulatedClock();
  const actor = createActor(
    schedulerMachine.provide({
      actors: { sync: effect("sync"), drain: effect("drain") },
      actions: {
        startScheduling: () => void said.push("start"),
        stopScheduling: () => void said.push("stop"),
      },
    }),
    { clock },
  );
  actor.start();
  const reaches = (state: string) => waitFor(actor, ({ value }) => value === state);
  return { actor, clock, open, reaches, said };
}

describe("the scheduler", () => {
  test("schedules once its caches are complete, and drains before it ends", async () => {
    const { actor, open, reaches, said } = start();
    open.sync?.resolve();
    await reaches("scheduling");
    expect(actor.getSnapshot().hasTag("ready")).toBe(true);
    actor.send({ type: "Stop" });
    await reaches("draining");
    expect(said).toEqual(["start", "stop"]);
    open.drain?.resolve();
    await reaches("stopped");
  });

  test("tries to sync again", async () => {
    const { open, reaches, clock } = start();
    open.sync?.reject(new Error("no answer"));
    await reaches("waiting");
    clock.increment(500);
    await reaches("syncing");
  });

  test("does not wait forever for binds", async () => {
    const { actor, open, reaches, clock } = start();
    open.sync?.resolve();
    await reaches("scheduling");
    actor.send({ type: "Stop" });
    await reaches("draining");
    clock.increment(3_000);
    await reaches("stopped");
  });

  test.each(["syncing", "waiting"])("ends at once while %s", async (state) => {
    const { actor, open, reaches } = start();
    if (state === "waiting") open.sync?.reject(new Error("no answer"));
    await reaches(state);
    actor.send({ type: "Stop" });
    await reaches("stopped");
  });
});
