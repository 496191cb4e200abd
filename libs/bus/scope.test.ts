import { describe, expect, test } from "vitest";
import { Gate } from "./scope.ts";

describe("a gate", () => {
  test("delivers at once while it is open", () => {
    const gate = new Gate();
    const seen: number[] = [];
    gate.pass(() => seen.push(1));
    expect(seen).toEqual([1]);
  });

  test("keeps what comes while it is closed, in order", () => {
    const gate = new Gate();
    const seen: number[] = [];
    gate.close();
    gate.pass(() => seen.push(1));
    gate.pass(() => seen.push(2));
    expect(seen).toEqual([]);
    gate.open();
    expect(seen).toEqual([1, 2]);
  });

  test("a delivery that closes it again holds back the rest", () => {
    const gate = new Gate();
    const seen: number[] = [];
    gate.close();
    gate.pass(() => {
      seen.push(1);
      gate.close();
    });
    gate.pass(() => seen.push(2));
    gate.open();
    expect(seen).toEqual([1]);
    gate.open();
    expect(seen).toEqual([1, 2]);
  });

  test("forgets the oldest when too much waits", () => {
    const gate = new Gate();
    const seen: number[] = [];
    gate.close();
    for (let count = 0; count < 10_002; count += 1) gate.pass(() => seen.push(count));
    gate.open();
    expect(seen.length).toBe(10_000);
    expect(seen[0]).toBe(2);
  });
});
