import { describe, expect, test } from "vitest";
import { divideSeats, seatLimits, smoothedDemand, type LevelDemand } from "./shares.ts";

const level = { exempt: false, lendablePercent: 0, borrowingLimitPercent: undefined };

describe("limits of levels", () => {
  test.each([
    // Kubernetes' own levels out of its 600 seats.
    [30, 33, 74, 50],
    [40, 25, 98, 73],
    [10, 0, 25, 25],
    [40, 50, 98, 49],
    [100, 90, 245, 24],
    [20, 50, 49, 24],
    [5, 0, 13, 13],
  ])("%i shares of 245, %i %% lendable", (nominalShares, lendablePercent, nominal, lower) => {
    const others = { ...level, nominalShares: 245 - nominalShares };
    const [own] = seatLimits([{ ...level, nominalShares, lendablePercent }, others], 600);
    expect(own).toEqual({ nominal, lower, upper: 600 });
  });

  test("borrowing has its own bound", () => {
    const shares = { ...level, nominalShares: 1, borrowingLimitPercent: 50 };
    expect(seatLimits([shares], 100)).toEqual([{ nominal: 100, lower: 100, upper: 150 }]);
  });

  test("no shares at all are no seats", () => {
    expect(seatLimits([{ ...level, exempt: true, nominalShares: 0 }], 600)).toEqual([
      { nominal: 0, lower: 0, upper: 600 },
    ]);
  });
});

describe("division", () => {
  const demand = (over: Partial<LevelDemand>): LevelDemand => ({
    exempt: false,
    nominal: 50,
    lower: 20,
    upper: 100,
    high: 0,
    smoothed: 0,
    ...over,
  });

  test.each([
    ["an idle level lends", [{}, { high: 90, smoothed: 90 }], [20, 80]],
    ["half a seat of demand is no reason to lend all", [{ high: 1 }, { high: 90 }], [29, 71]],
    [
      "both want all",
      [
        { high: 100, smoothed: 100 },
        { high: 100, smoothed: 100 },
      ],
      [50, 50],
    ],
    [
      "more demand borrows more",
      [
        { high: 40, smoothed: 25 },
        { high: 75, smoothed: 75, nominal: 30 },
      ],
      [40, 60],
    ],
    [
      "the upper limit holds",
      [
        { high: 99, smoothed: 99, upper: 60 },
        { high: 20, smoothed: 20 },
      ],
      [60, 40],
    ],
    ["exempt levels are served first", [{ exempt: true, high: 30 }, { high: 90 }], [30, 70]],
  ])("%s", (_, [first = {}, second = {}], seats) => {
    expect(divideSeats([demand(first), demand(second)], 100)).toEqual(seats);
  });

  test("more floors than seats are cut to what is never lent", () => {
    const levels = [demand({ lower: 60, nominal: 90, high: 90 }), demand({ lower: 60 })];
    expect(divideSeats(levels, 100)).toEqual([60, 60]);
    const partly = [demand({ nominal: 90, high: 90 }), demand({ nominal: 90, high: 90 })];
    expect(divideSeats(partly, 100)).toEqual([50, 50]);
  });
});

test.each([
  [10, { average: 20, deviation: 5, high: 40 }, 25],
  [10, { average: 20, deviation: 50, high: 40 }, 40],
  [100, { average: 0, deviation: 0, high: 0 }, 97.7],
])("demand of %i smoothed", (before, demand, after) => {
  expect(smoothedDemand(before, demand)).toBeCloseTo(after);
});
