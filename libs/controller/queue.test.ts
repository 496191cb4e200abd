import { describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { WorkQueue } from "./queue.ts";

/** A world whose time the test moves. */
function start() {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  const world = {
    ...realWorld,
    monotonic: () => now,
    after(milliseconds: number, run: () => void) {
      const timer = { at: now + milliseconds, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  };
  const advance = (milliseconds: number) => {
    now += milliseconds;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.run();
    }
  };
  let ready = 0;
  const queue = new WorkQueue(world, () => void (ready += 1));
  return { queue, advance, timers, ready: () => ready };
}

const any = () => true;

describe("a work queue", () => {
  test("holds each key once, oldest first", () => {
    const { queue } = start();
    for (const key of ["b", "a", "b"]) queue.add(key);
    expect([queue.take(any), queue.take(any), queue.take(any)]).toEqual(["b", "a", undefined]);
  });

  test("passes over keys in work", () => {
    const { queue } = start();
    queue.add("a");
    queue.add("b");
    expect(queue.take((key) => key !== "a")).toBe("b");
    expect(queue.take(any)).toBe("a");
  });

  test("gives a later key at its time", () => {
    const { queue, advance, ready } = start();
    queue.add("a", 100);
    expect(queue.take(any)).toBeUndefined();
    advance(99);
    expect(ready()).toBe(0);
    advance(1);
    expect(ready()).toBe(1);
    expect(queue.take(any)).toBe("a");
  });

  test("of two wishes for a key the earlier counts", () => {
    const { queue, advance, timers } = start();
    queue.add("a", 100);
    queue.add("a", 50);
    queue.add("a", 200);
    expect(timers).toHaveLength(1);
    advance(50);
    expect(queue.take(any)).toBe("a");
    queue.add("b", 100);
    queue.add("b");
    expect(timers).toHaveLength(0);
    expect(queue.take(any)).toBe("b");
  });

  test("cleared has neither keys nor timers", () => {
    const { queue, timers } = start();
    queue.add("a");
    queue.add("b", 10);
    queue.clear();
    expect(queue.size).toBe(0);
    expect(timers).toHaveLength(0);
  });
});
