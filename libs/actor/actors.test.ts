import { describe, expect, test } from "vitest";
import { createMachine } from "xstate";
import { Actors, CrashedError, stateText, type Transition } from "./actors.ts";
import { realWorld } from "./world.ts";

const machine = createMachine({
  id: "lamp",
  initial: "off",
  context: { problem: "no current" },
  states: {
    off: { on: { Press: "on" } },
    on: { on: { Press: "off", Break: "broken", Done: "finished", Cut: "stuck" } },
    stuck: { tags: "refusing", on: { Press: "on" } },
    broken: {
      entry: () => {
        throw new Error("burnt");
      },
    },
    finished: { type: "final" },
  },
});

function start() {
  const transitions: Transition[] = [];
  const actors = new Actors(realWorld, (transition) => void transitions.push(transition));
  const ends: unknown[] = [];
  const options = {
    path: "lamp/1",
    machine,
    input: undefined,
    onDone: () => void ends.push("done"),
    onFailure: (error: unknown) => void ends.push(error),
  };
  return { actors, transitions, ends, options, actor: actors.start(options) };
}

describe("actors of a component", () => {
  test("are listed with their state", () => {
    const { actors, actor } = start();
    actor.send({ type: "Press" });
    expect(actors.list("lamp/")).toMatchObject([{ path: "lamp/1", machine: "lamp", state: "on" }]);
    expect(actors.list("other")).toEqual([]);
  });

  test("say why they do not work, for as long as they do not", () => {
    const { actors, actor } = start();
    for (const type of ["Press", "Cut"]) actor.send({ type });
    expect(actors.list("")).toMatchObject([{ state: "stuck", error: "no current" }]);
    actor.send({ type: "Press" });
    expect(actors.list("")).toMatchObject([{ state: "on", error: "" }]);
  });

  test("tell their state changes", () => {
    const { transitions, actor } = start();
    actor.send({ type: "Press" });
    expect(transitions.map(({ from, to, event }) => [from, to, event])).toEqual([
      ["", "off", "xstate.init"],
      ["off", "on", "Press"],
    ]);
  });

  test("that finish are forgotten", () => {
    const { actors, actor, ends } = start();
    actor.send({ type: "Press" });
    actor.send({ type: "Done" });
    expect(ends).toEqual(["done"]);
    expect(actors.list("")).toEqual([]);
  });

  test("that fail are told to their owner", () => {
    const { actors, actor, ends } = start();
    actor.send({ type: "Press" });
    actor.send({ type: "Break" });
    expect(ends).toHaveLength(1);
    expect(String(ends[0])).toContain("burnt");
    expect(actors.list("")).toEqual([]);
  });

  test("that are crashed end as if they had failed, and count their starts", () => {
    const { actors, ends, options } = start();
    expect(actors.crash("lamp/1")).toBe(true);
    expect(ends[0]).toBeInstanceOf(CrashedError);
    expect(actors.crash("lamp/1")).toBe(false);
    actors.start(options);
    expect(actors.list("")).toMatchObject([{ restarts: 1, state: "off" }]);
  });

  test("that are stopped say nothing", () => {
    const { actors, ends } = start();
    actors.stopAll();
    expect(ends).toEqual([]);
    expect(actors.list("")).toEqual([]);
  });
});

describe("a state as text", () => {
  test.each([
    ["on", "on"],
    [{ serving: "idle" }, "serving.idle"],
    [{ a: { b: "c" } }, "a.b.c"],
    [{ left: "x", right: "y" }, "left.x+right.y"],
    [{ left: {} }, "left"],
  ])("%j", (value, text) => expect(stateText(value)).toBe(text));
});
