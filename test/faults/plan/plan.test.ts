import { expect, test } from "vitest";
import { faults } from "../faults/index.ts";
import { nextCall } from "../work/clients.ts";
import { planRound } from "./plan.ts";
import { seeded } from "./random.ts";

const planOf = (seed: number) => planRound(seeded(seed), faults, 4 * faults.length);
const namesOf = (seed: number) =>
  planOf(seed).map(({ fault, holdMs, second }) => [fault.name, holdMs, second?.fault.name]);

test("a seed repeats its plan, and another one has another", () => {
  expect(namesOf(7)).toEqual(namesOf(7));
  expect(namesOf(7)).not.toEqual(namesOf(8));
});

test("every fault has its turn before any has another", () => {
  const names = faults.map(({ name }) => name).toSorted();
  const first = planOf(3).slice(0, faults.length);
  expect(first.map(({ fault }) => fault.name).toSorted()).toEqual(names);
});

test("faults last as long as they may, and meet only those that they can", () => {
  const doubles: number[] = [];
  for (const { fault, holdMs, second } of [1, 2, 3, 4].flatMap(planOf)) {
    const [from, to] = fault.holdMs;
    expect(holdMs).toBeGreaterThanOrEqual(from);
    expect(holdMs).toBeLessThanOrEqual(to);
    if (!second) continue;
    doubles.push(holdMs);
    expect(second.fault).not.toBe(fault);
    expect(fault.isAlone ?? second.fault.isAlone ?? false).toBe(false);
    expect([fault.needs, second.fault.needs]).not.toEqual(["disks", "disks"]);
  }
  expect(doubles.length).toBeGreaterThan(5);
});

test("what a client does next depends on the seed and on what it has seen", () => {
  const callsOf = (seed: number, seen: ReadonlyMap<string, number>) => {
    const client = { mark: "c", random: seeded(seed), keys: ["a-1", "b-1"] };
    const door = { takesTransactions: true };
    return Array.from({ length: 50 }, (_, turn) => nextCall({ ...client, door }, seen, turn));
  };
  const seen = new Map([["a-1", 4]]);
  expect(callsOf(1, seen)).toEqual(callsOf(1, seen));
  expect(callsOf(1, seen)).not.toEqual(callsOf(1, new Map()));
  expect(callsOf(1, seen)).not.toEqual(callsOf(2, seen));
});
