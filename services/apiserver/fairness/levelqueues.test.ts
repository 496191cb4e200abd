import { beforeEach, describe, expect, test } from "vitest";
import { dealHand, flowHash } from "./dealer.ts";
import { DemandMeter } from "./demand.ts";
import { LevelQueues, type Guest } from "./levelqueues.ts";
import { retryAfter } from "./retryafter.ts";

describe("hands", () => {
  test("are drawn without a queue twice", () => {
    for (let flow = 0; flow < 500; flow += 1) {
      const hand = dealHand(flowHash("schema", `user-${flow}`), 64, 6);
      expect(new Set(hand).size).toBe(6);
      expect(hand.every((queue) => queue >= 0 && queue < 64)).toBe(true);
    }
  });

  test("are spread evenly over the queues", () => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let flow = 0; flow < 4_000; flow += 1) {
      for (const queue of dealHand(flowHash("schema", `user-${flow}`), 16, 4)) {
        counts[queue] = (counts[queue] ?? 0) + 1;
      }
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test("are never the same for two flows as a rule", () => {
    const noisy = new Set(dealHand(flowHash("s", "noisy"), 128, 6));
    const covered = Array.from({ length: 1_000 }, (_, flow) =>
      dealHand(flowHash("s", `quiet-${flow}`), 128, 6).every((queue) => noisy.has(queue)),
    );
    expect(covered.filter(Boolean)).toEqual([]);
  });

  test("have no more cards than there are", () => {
    expect(dealHand(5n, 3, 8).toSorted()).toEqual([0, 1, 2]);
  });
});

describe("a level", () => {
  let now = 0;
  let level: LevelQueues;
  const queued = { type: "queue", queues: 64, handSize: 6, queueLengthMax: 5 } as const;

  beforeEach(() => {
    now = 0;
    level = new LevelQueues(() => now);
  });

  const enter = (flow: string, seats = 1): Guest => {
    const guest = level.enter("schema", flow, seats);
    if (typeof guest === "string") throw new Error(guest);
    return guest;
  };
  const leaveAt = (time: number, guest: Guest) => {
    now = time;
    level.leave(guest);
  };

  test("runs all that come when it is exempt", () => {
    level.configure({ type: "exempt" });
    const guests = Array.from({ length: 100 }, () => enter("f"));
    expect(guests.every(({ state }) => state === "running")).toBe(true);
    for (const guest of guests) level.leave(guest);
    expect(level.load).toMatchObject({ running: 0, seatsInUse: 0 });
  });

  test("refuses beyond its seats when it has no queues", () => {
    level.configure({ type: "reject" });
    level.setSeats(2);
    const first = enter("a");
    enter("b");
    expect(level.enter("schema", "c", 1)).toBe("concurrency-limit");
    level.leave(first);
    level.leave(first);
    expect(level.load.running).toBe(1);
    expect(enter("c").state).toBe("running");
  });

  test("lets wait, and refuses when the queues of a flow are full", () => {
    level.configure(queued);
    level.setSeats(1);
    enter("a");
    // Six queues of five.
    const waiting = Array.from({ length: 30 }, () => enter("a"));
    expect(waiting.every(({ state }) => state === "waiting")).toBe(true);
    expect(level.enter("schema", "a", 1)).toBe("queue-full");
    expect(enter("b").state).toBe("waiting");
  });

  test("one flow cannot starve another", () => {
    level.configure({ ...queued, queueLengthMax: 50 });
    level.setSeats(1);
    let running = enter("noisy");
    const order: string[] = [];
    const follow = (guest: Guest, flow: string) => {
      guest.onTurn = () => {
        order.push(flow);
        running = guest;
      };
    };
    for (let index = 0; index < 200; index += 1) follow(enter("noisy"), "noisy");
    for (let index = 0; index < 5; index += 1) follow(enter("quiet"), "quiet");
    for (let step = 1; step <= 60; step += 1) leaveAt(step * 10, running);
    // The noisy flow sits in six queues; the quiet one has its turn as often as each of them.
    const lastQuiet = order.lastIndexOf("quiet");
    expect(order.filter((flow) => flow === "quiet")).toHaveLength(5);
    expect(lastQuiet).toBeLessThan(12);
  });

  test("a queue that used much service waits for the others", () => {
    level.configure({ type: "queue", queues: 2, handSize: 1, queueLengthMax: 50 });
    level.setSeats(1);
    const flows = ["a", "b", "c", "d", "e"];
    const queueOf = (flow: string) => dealHand(flowHash("schema", flow), 2, 1)[0];
    const slow = flows.find((flow) => queueOf(flow) === 0) ?? "";
    const fast = flows.find((flow) => queueOf(flow) === 1) ?? "";
    const first = enter(slow);
    const next = [enter(slow), enter(fast), enter(fast), enter(slow)];
    const states = () => next.map(({ state }) => state);
    leaveAt(1_000, first);
    expect(states()).toEqual(["waiting", "running", "waiting", "waiting"]);
    leaveAt(1_001, next[1] as Guest);
    expect(states()).toEqual(["waiting", "gone", "running", "waiting"]);
  });

  test("a wide request waits until there is room, or until nothing else runs", () => {
    level.configure(queued);
    level.setSeats(4);
    const narrow = enter("a", 2);
    const wide = enter("a", 10);
    expect(wide.state).toBe("waiting");
    // A request of another flow that would end before it goes first.
    const other = enter("b");
    expect(other.state).toBe("running");
    leaveAt(4, other);
    expect(wide.state).toBe("waiting");
    leaveAt(5, narrow);
    expect(wide.state).toBe("running");
  });

  test("more seats serve those who wait", () => {
    level.configure(queued);
    level.setSeats(1);
    enter("a");
    const waiting = [enter("a"), enter("b"), enter("c")];
    level.setSeats(3);
    expect(waiting.filter(({ state }) => state === "running")).toHaveLength(2);
  });

  test("whoever gives up leaves no trace", () => {
    level.configure(queued);
    level.setSeats(1);
    const first = enter("a");
    const waiting = enter("a");
    level.leave(waiting);
    level.leave(first);
    expect(level.load).toEqual({
      running: 0,
      waiting: 0,
      seatsInUse: 0,
      seatsWaiting: 0,
      seatsMax: 1,
      activeQueues: 0,
    });
    expect(level.queues).toEqual([]);
  });

  test("what waits in a queue that is taken away is served all the same", () => {
    level.configure(queued);
    level.setSeats(1);
    const first = enter("a");
    const waiting = ["a", "b", "c", "d"].map((flow) => enter(flow));
    level.configure({ ...queued, queues: 2, handSize: 1 });
    leaveAt(1, first);
    for (let step = 2; step < 6; step += 1) {
      leaveAt(step, waiting.find(({ state }) => state === "running") as Guest);
    }
    expect(waiting.map(({ state }) => state)).toEqual(["gone", "gone", "gone", "gone"]);
  });
});

test("demand is weighed by its time", () => {
  const meter = new DemandMeter(0);
  meter.set(0, 4);
  meter.set(10, 0);
  expect(meter.take(20)).toEqual({ average: 2, deviation: 2, high: 4 });
  expect(meter.take(20)).toEqual({ average: 0, deviation: 0, high: 0 });
});

test("clients wait longer while many are refused", () => {
  const { refused } = retryAfter();
  const during = (from: number, count: number) =>
    Array.from({ length: count }, () => refused(from)).at(-1);
  expect(during(0, 10)).toBe(1);
  expect(during(1_000, 10)).toBe(2);
  expect(during(2_000, 20)).toBe(4);
  expect(during(3_000, 1)).toBe(8);
  expect(during(4_000, 1)).toBe(4);
  expect(during(60_000, 1)).toBe(2);
});
