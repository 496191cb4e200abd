import { describe, expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { Heap } from "./heap.ts";
import { SchedulingQueue } from "./queue.ts";

const pod = (uid: string, priority = 0): Pod => ({ metadata: { uid }, spec: { priority } });
const taken = (queue: SchedulingQueue, now: number) => queue.take(now)?.pod.metadata?.uid;

describe("the scheduling queue", () => {
  test("gives the important first, then the older", () => {
    const queue = new SchedulingQueue();
    queue.put(pod("a"), 1);
    queue.put(pod("b", 10), 2);
    queue.put(pod("c"), 0);
    expect([taken(queue, 3), taken(queue, 3), taken(queue, 3)]).toEqual(["b", "c", "a"]);
    expect(taken(queue, 3)).toBeUndefined();
  });

  test.each([
    [1, 1_000],
    [2, 2_000],
    [4, 8_000],
    [9, 10_000],
  ])("after %i attempts a pod backs off for %i ms", (attempts, wait) => {
    const queue = new SchedulingQueue();
    queue.retry({ pod: pod("a"), attempts, since: 0 }, 100);
    expect(queue.untilReady(100)).toBe(wait);
    expect(taken(queue, 100 + wait - 1)).toBeUndefined();
    expect(queue.take(100 + wait)).toMatchObject({ attempts: attempts + 1 });
  });

  test("what fits nowhere waits until something changes, and then for its backoff", () => {
    const queue = new SchedulingQueue();
    queue.park({ pod: pod("a"), attempts: 1, since: 0 }, 0);
    expect(taken(queue, 5_000)).toBeUndefined();
    queue.wake();
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    expect(taken(queue, 5_000)).toBe("a");
  });

  test("what fits nowhere is tried again after five minutes all the same", () => {
    const queue = new SchedulingQueue();
    queue.park({ pod: pod("a"), attempts: 1, since: 0 }, 0);
    expect(queue.untilReady(0)).toBe(300_000);
    expect(taken(queue, 299_999)).toBeUndefined();
    expect(taken(queue, 300_000)).toBe("a");
  });

  test("a changed pod is tried at once, a refreshed one is not", () => {
    const queue = new SchedulingQueue();
    queue.park({ pod: pod("a"), attempts: 3, since: 0 }, 0);
    queue.refresh(pod("a", 7));
    expect(taken(queue, 1)).toBeUndefined();
    queue.put(pod("a", 7), 1);
    expect(queue.take(1)).toMatchObject({ attempts: 4, pod: { spec: { priority: 7 } } });
  });

  test("what is removed is gone from everywhere", () => {
    const queue = new SchedulingQueue();
    queue.put(pod("a"), 0);
    queue.park({ pod: pod("b"), attempts: 1, since: 0 }, 0);
    queue.retry({ pod: pod("c"), attempts: 1, since: 0 }, 0);
    for (const uid of ["a", "b", "c"]) queue.remove(uid);
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
    expect(queue.untilReady(0)).toBeUndefined();
  });
});

describe("a heap", () => {
  test("gives in order whatever was put and removed", () => {
    const heap = new Heap<number>(String, (a, b) => a - b);
    const all = Array.from({ length: 200 }, (_, index) => (index * 7919) % 211);
    for (const item of all) heap.put(item);
    const gone = new Set(all.filter((item) => item % 3 === 0));
    for (const item of gone) heap.remove(String(item));
    const wanted = [...new Set(all)].filter((item) => !gone.has(item)).toSorted((a, b) => a - b);
    expect(heap.size).toBe(wanted.length);
    expect(Array.from({ length: wanted.length }, () => heap.take())).toEqual(wanted);
    expect(heap.take()).toBeUndefined();
  });
});
