/** What a leader answers, and when it is sure enough that it leads. */
import { describe, expect, test } from "vitest";
import { pod, put } from "../rig.ts";
import { appended, create, leaseMs, queueRig as rig, settled, update } from "./rig.ts";

describe("a read", () => {
  test("is answered at once within the lease, which counts from the sending", async () => {
    const { appends, told, clock, submit, read } = rig();
    submit("a", [create("a")]);
    clock.nowMs = leaseMs - 1;
    read("first");
    await settled();
    appends[0]?.settle(appended(1));
    await settled();
    clock.nowMs = leaseMs;
    read("second");
    expect(told).toEqual(["first: proven, at 0", "changes 1", "a: at 1", "second: proven, at 1"]);
    clock.nowMs = 2 * leaseMs - 1;
    read("third");
    expect(told.length).toBe(4);
  });

  test("without a lease waits for an append, which all that wait share", async () => {
    const { appends, told, read, expireLease } = rig();
    expireLease();
    read("first");
    read("second");
    await settled();
    expect(told).toEqual([]);
    expect(appends.map(({ names }) => names)).toEqual([[]]);
    appends[0]?.settle(appended(1));
    await settled();
    expect(told).toEqual(["first: proven, at 0", "second: proven, at 0"]);
    read("third");
    expect([told.length, appends.length]).toEqual([3, 1]);
  });

  test("goes with the writes that are to be appended, and sees them", async () => {
    const { appends, told, submit, read, expireLease } = rig();
    expireLease();
    read("read");
    submit("a", [create("a")]);
    await settled();
    expect(appends.map(({ names }) => names)).toEqual([["a"]]);
    appends[0]?.settle(appended(1));
    await settled();
    expect(told).toEqual(["changes 1", "a: at 1", "read: proven, at 1"]);
  });

  test("that came after a slow append was sent waits for another", async () => {
    const { appends, told, submit, read, expireLease } = rig();
    submit("a", [create("a")]);
    await settled();
    expireLease();
    read("read");
    appends[0]?.settle(appended(1));
    await settled();
    expect(told).toEqual(["changes 1", "a: at 1"]);
    appends[1]?.settle(appended(2));
    await settled();
    expect(told.at(-1)).toBe("read: proven, at 1");
  });

  test("is not answered within a lease that another clock says is over", async () => {
    const { appends, told, clock, read } = rig();
    clock.nowMs = -leaseMs;
    read("read");
    await settled();
    expect([told, appends.length]).toEqual([[], 1]);
  });

  test("above the bound is refused as overloaded", async () => {
    const { told, read, expireLease } = rig();
    expireLease();
    for (const label of ["a", "b", "c", "d"]) read(label);
    expect(told).toEqual(["d: overloaded, at 0"]);
  });
});

describe("what a leader says of a commit that it does not do", () => {
  test("waits for the proof that it leads", async () => {
    const { appends, told, submit, expireLease } = rig();
    expireLease();
    submit("update", [update("a")], "id");
    submit("check", [put("CHECK", pod("a"))]);
    await settled();
    expect(told).toEqual([]);
    appends[0]?.settle(appended(1));
    await settled();
    expect(told).toEqual(["update: NOT_FOUND", "check: at 0"]);
    expireLease();
    submit("again", [update("a")], "id");
    await settled();
    expect(told.length).toBe(2);
    appends[1]?.settle(appended(2));
    await settled();
    expect(told.at(-1)).toBe("again: NOT_FOUND");
  });

  test("so does that it is overloaded", async () => {
    const { appends, told, submit, expireLease } = rig({ queueMax: 1 });
    submit("a", [create("a")]);
    await settled();
    expireLease();
    submit("b", [create("b")]);
    expect(told).toEqual([]);
    appends[0]?.settle(appended(1));
    await settled();
    appends[1]?.settle(appended(2));
    await settled();
    expect(told).toEqual(["changes 1", "a: at 1", "b: OVERLOADED"]);
  });
});

describe("an end", () => {
  test("answers everything first, then resigns; what comes later is for another", async () => {
    const { appends, told, queue, submit, read } = rig();
    submit("a", [create("a")]);
    await settled();
    const closed = queue.close().then(() => told.push("closed"));
    submit("b", [create("b")]);
    appends[0]?.settle(appended(1));
    await closed;
    expect(told).toEqual(["changes 1", "a: at 1", "closed"]);
    const resigned = queue.resign();
    read("read");
    expect(appends[1]).toMatchObject({ names: [], after: 1, resigned: true });
    appends[1]?.settle(appended(2));
    await resigned;
    expect(told.length).toBe(3);
  });
});
