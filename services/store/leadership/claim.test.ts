import { describe, expect, test } from "vitest";
import { type ClaimInput, claimInMs, instanceOf, silenceOf } from "./claim.ts";

const batch = { leader: "1/aaaa", resigned: false, readAtMs: 5_000 };
const input: ClaimInput = {
  nowMs: 5_400,
  newest: batch,
  self: "0/bbbb",
  dead: undefined,
  heardAtMs: 5_300,
  silentMs: 1_000,
};

describe("a store may claim the log", () => {
  test.each<[string, Partial<ClaimInput>, number]>([
    ["after it heard no leader for long enough", {}, 900],
    ["after it read no batch for long enough", { heardAtMs: 4_000 }, 600],
    ["when neither came for long enough", { nowMs: 6_300 }, 0],
    ["not when only one of them did", { nowMs: 6_299 }, 1],
    ["also of another leader that was deposed", { nowMs: 9_000 }, 0],
    ["at once when nobody ever led", { newest: "none" }, 0],
    ["at once when the leader resigned", { newest: { ...batch, resigned: true } }, 0],
    ["at once when the leader is known to be gone", { dead: "1/aaaa" }, 0],
    ["not when another that is gone had led before", { dead: "1/cccc" }, 900],
    ["at once when it led itself", { self: "1/aaaa" }, 0],
    ["not when another of its instance leads", { self: "1/dddd" }, 900],
    ["without having read a batch, after it listened for long enough", { newest: "unknown" }, 900],
    ["then too", { newest: "unknown", nowMs: 6_300 }, 0],
  ])("%s", (_, some, expected) => {
    expect(claimInMs({ ...input, ...some })).toBe(expected);
  });
});

test.each([
  ["0", 0, 1_000],
  ["1", 0, 1_100],
  ["2", 0.5, 1_225],
  ["9", 0, 1_500],
  ["west", 0.99, 1_549],
  ["store-1", 0, 1_100],
])("instance %s with chance %d waits %d ms", (instance, chance, expected) => {
  expect(silenceOf(instance, 1_000, chance)).toBe(expected);
});

test("the instance of a leader", () => {
  expect([instanceOf("0/4f2c91aa"), instanceOf("a/b/4f2c91aa")]).toEqual(["0", "a/b"]);
});
