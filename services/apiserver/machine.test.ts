import { describe, expect, it } from "vitest";
import { createActor, fromPromise, SimulatedClock, waitFor } from "xstate";
import { apiServerMachine } from "./machine.ts";

type Slot = "connect" | "warm" | "bootstrap" | "keep" | "open" | "close";

/** A machine whose effects settle when the test says so. */
function rig() {
  const started: Slot[] = [];
  const settle = new Map<Slot, { done: () => void; fail: (error: Error) => void }>();
  const slot = (name: Slot) =>
    fromPromise<void, void>(
      () =>
        new Promise((resolve, reject) => {
          started.push(name);
          settle.set(name, { done: resolve, fail: reject });
        }),
    );
  const clock = new SimulatedClock();
  const machine = apiServerMachine.provide({
    actors: {
      connect: slot("connect"),
      warm: slot("warm"),
      bootstrap: slot("bootstrap"),
      keep: slot("keep"),
      open: slot("open"),
      close: slot("close"),
    },
  });
  const actor = createActor(machine, { clock });
  actor.subscribe({ error: () => undefined });
  actor.start();
  const reach = (state: string) =>
    waitFor(actor, (snapshot) => snapshot.value === state || snapshot.status === "error");
  const done = async (name: Slot, state: string) => {
    settle.get(name)?.done();
    await reach(state);
  };
  const fail = (name: Slot) => settle.get(name)?.fail(new Error(name));
  return { actor, clock, started, done, fail, reach };
}

const path: readonly [slot: Slot, next: string][] = [
  ["connect", "warming"],
  ["warm", "bootstrapping"],
  ["bootstrap", "opening"],
  ["open", "serving"],
];

describe("the API server", () => {
  it("serves once everything is there", async () => {
    const { actor, done } = rig();
    for (const [slot, next] of path) {
      expect(actor.getSnapshot().hasTag("ready")).toBe(false);
      await done(slot, next);
      expect(actor.getSnapshot().value).toBe(next);
    }
    expect(actor.getSnapshot().hasTag("ready")).toBe(true);
  });

  it.each([0, 1, 2, 3, 4])("stops in an orderly way after %d steps", async (steps) => {
    const { actor, done, started } = rig();
    for (const [slot, next] of path.slice(0, steps)) await done(slot, next);
    actor.send({ type: "Stop" });
    expect(actor.getSnapshot().value).toBe("stopping");
    await done("close", "stopped");
    expect(actor.getSnapshot().status).toBe("done");
    expect(started.at(-1)).toBe("close");
  });

  it("asks again for a store that is not there yet", async () => {
    const { actor, clock, fail, reach, started } = rig();
    fail("connect");
    await reach("waitingToConnect");
    clock.increment(200);
    expect(actor.getSnapshot().value).toBe("connecting");
    expect(started).toEqual(["connect", "connect"]);
    actor.send({ type: "Stop" });
    expect(actor.getSnapshot().value).toBe("stopping");
  });

  it("writes its own objects again when that failed", async () => {
    const { actor, clock, done, fail, reach } = rig();
    await done("connect", "warming");
    await done("warm", "bootstrapping");
    fail("bootstrap");
    await reach("waitingToBootstrap");
    clock.increment(200);
    expect(actor.getSnapshot().value).toBe("bootstrapping");
  });

  it("puts its own objects right every minute, and serves meanwhile", async () => {
    const { actor, clock, done, fail, reach, started } = rig();
    for (const [slot, next] of path) await done(slot, next);
    clock.increment(60_000);
    expect(actor.getSnapshot().value).toBe("keeping");
    expect(actor.getSnapshot().hasTag("ready")).toBe(true);
    fail("keep");
    await reach("serving");
    clock.increment(60_000);
    await done("keep", "serving");
    expect(started.filter((slot) => slot === "keep")).toHaveLength(2);
    clock.increment(60_000);
    actor.send({ type: "Stop" });
    expect(actor.getSnapshot().value).toBe("stopping");
  });

  it.each([
    ["warm", 1],
    ["open", 3],
  ] as const)("crashes when it cannot %s, to be started again", async (slot, steps) => {
    const { actor, done, fail } = rig();
    for (const [before, next] of path.slice(0, steps)) await done(before, next);
    const ended = new Promise((resolve) => actor.subscribe({ error: resolve }));
    fail(slot);
    await ended;
    expect(actor.getSnapshot().status).toBe("error");
  });
});
