import { expect, test } from "vitest";
import { Lease } from "./lease.ts";

function rig() {
  const clock = { monotonicMs: 0, wallMs: 1e12 };
  const world = { monotonic: () => clock.monotonicMs, now: () => clock.wallMs };
  const lease = new Lease(world, 700);
  const pass = (milliseconds: number) => {
    clock.monotonicMs += milliseconds;
    clock.wallMs += milliseconds;
  };
  return { clock, lease, pass };
}

test("holds from the sending of what was stored, for its time", () => {
  const { lease, pass } = rig();
  expect(lease.holds()).toBe(false);
  const sentAt = lease.moment();
  pass(600);
  expect(lease.holds()).toBe(false);
  lease.prove(sentAt);
  expect(lease.holds()).toBe(true);
  pass(99);
  expect(lease.holds()).toBe(true);
  pass(1);
  expect(lease.holds()).toBe(false);
  lease.prove(lease.moment());
  expect(lease.holds()).toBe(true);
  lease.end();
  expect(lease.holds()).toBe(false);
});

test.each([
  ["the wall clock is set forward", { monotonicMs: 0, wallMs: 700 }],
  ["the wall clock is set back", { monotonicMs: 0, wallMs: -700 }],
  ["the wall clock stood still", { monotonicMs: 700, wallMs: 0 }],
])("does not hold when %s", (_, { monotonicMs, wallMs }) => {
  const { clock, lease } = rig();
  lease.prove(lease.moment());
  clock.monotonicMs += monotonicMs;
  clock.wallMs += wallMs;
  expect(lease.holds()).toBe(false);
});
