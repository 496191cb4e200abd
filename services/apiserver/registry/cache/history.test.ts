import { describe, expect, it } from "vitest";
import { History, type CacheEvent } from "./history.ts";

const event = (revision: number) => ({ type: "ADDED", revision }) as CacheEvent;
const revisions = (events: readonly CacheEvent[] | undefined) =>
  events?.map(({ revision }) => revision);

describe("history", () => {
  it("tells what came after a revision", () => {
    const history = new History(10, 5);
    for (const revision of [6, 8, 9]) history.push(event(revision));
    expect(revisions(history.since(5))).toEqual([6, 8, 9]);
    expect(revisions(history.since(6))).toEqual([8, 9]);
    expect(revisions(history.since(7))).toEqual([8, 9]);
    expect(revisions(history.since(9))).toEqual([]);
  });

  it("knows nothing from before it began", () => {
    expect(new History(10, 5).since(4)).toBeUndefined();
  });

  it("forgets the oldest and says so", () => {
    const history = new History(2, 0);
    for (let revision = 1; revision <= 4; revision++) history.push(event(revision));
    expect(history.floor).toBe(2);
    expect(history.since(1)).toBeUndefined();
    expect(revisions(history.since(2))).toEqual([3, 4]);
  });
});
