/** Group commit on a log whose answers the test gives. */
import { describe, expect, test } from "vitest";
import { pod, put } from "../rig.ts";
import { appended, create, full, queueRig as rig, settled, update } from "./rig.ts";

describe("group commit", () => {
  test("what comes together goes together; what comes meanwhile goes next", async () => {
    const { appends, told, submit } = rig();
    submit("a", [create("a")]);
    submit("b", [create("b")]);
    await settled();
    submit("c", [create("c")]);
    submit("d", [create("d")]);
    await settled();
    expect(appends.map(({ names }) => names)).toEqual([["a", "b"]]);
    expect(told).toEqual([]);
    appends[0]?.settle(appended(1));
    await settled();
    expect(told).toEqual(["changes 1,2", "a: at 1", "b: at 2"]);
    expect(appends.map(({ names, after }) => [names, after])).toEqual([
      [["a", "b"], 0],
      [["c", "d"], 1],
    ]);
  });

  test("a batch is bounded, a single commit may be larger", async () => {
    const { appends, submit } = rig({ batchBytesMax: 200 });
    for (const name of ["a", "b", "c"]) submit(name, [create(name)]);
    submit("big", [put("CREATE", pod("big"), { value: "v".repeat(900) })]);
    submit("e", [create("e")]);
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      await settled();
      appends[sequence - 1]?.settle(appended(sequence));
    }
    await settled();
    expect(appends.map(({ names }) => names.join())).toEqual(["a,b", "c", "big", "e"]);
  });

  test("is decided on what is on its way", async () => {
    const { appends, told, submit } = rig();
    submit("create", [create("a")]);
    submit("again", [create("a")]);
    submit("stale", [update("a", 7)]);
    submit("update", [update("a", 1)]);
    submit("delete", [put("DELETE", pod("a"), { expectedRevision: 2 })]);
    submit("gone", [update("a")]);
    submit("anew", [create("a")]);
    await settled();
    expect(told).toEqual([]);
    appends[0]?.settle(appended(1));
    await settled();
    expect(told.slice(1).toSorted()).toEqual([
      "again: EXISTS (now 4)",
      "anew: at 4",
      "create: at 1",
      "delete: at 3",
      "gone: NOT_FOUND",
      "stale: REVISION_MISMATCH (now 4)",
      "update: at 2",
    ]);
  });

  test("a refusal waits for the write that it was refused for", async () => {
    const { appends, told, submit } = rig();
    submit("create", [create("a")]);
    submit("again", [create("a")], "id-again");
    await settled();
    appends[0]?.settle(full);
    await settled();
    expect(told).toEqual(["create: FULL", "again: FULL"]);
    submit("again", [create("a")], "id-again");
    await settled();
    appends[1]?.settle(appended(1));
    await settled();
    expect(told.at(-1)).toBe("again: at 1");
  });

  test("one that only checks waits too, and takes no revision", async () => {
    const { appends, told, submit } = rig();
    submit("create", [create("a")]);
    submit("check", [put("CHECK", pod("a"), { expectedRevision: 1 })]);
    await settled();
    expect(told).toEqual([]);
    appends[0]?.settle(appended(1));
    await settled();
    submit("later", [put("CHECK", pod("b"))]);
    expect(told).toEqual(["changes 1", "create: at 1", "check: at 1", "later: at 1"]);
  });
});

describe("request ids", () => {
  test("answer alike while waiting and afterwards", async () => {
    const { appends, told, submit } = rig();
    submit("first", [create("a")], "id");
    submit("second", [create("a")], "id");
    await settled();
    appends[0]?.settle(appended(1));
    await settled();
    submit("third", [create("a")], "id");
    expect(told).toEqual(["changes 1", "first: at 1", "second: at 1", "third: at 1"]);
    expect(appends.length).toBe(1);
  });

  test("a refusal stays one", () => {
    const { told, submit } = rig();
    submit("first", [update("a")], "id");
    submit("second", [create("a")], "id");
    expect(told).toEqual(["first: NOT_FOUND", "second: NOT_FOUND"]);
  });
});

describe("bounds", () => {
  test("too many commits are refused as overloaded, and later taken again", async () => {
    const { appends, told, submit } = rig({ queueMax: 2 });
    for (const name of ["a", "b", "c"]) submit(name, [create(name)]);
    await settled();
    expect(told).toEqual(["c: OVERLOADED"]);
    appends[0]?.settle(appended(1));
    await settled();
    submit("c", [create("c")]);
    await settled();
    expect(appends[1]?.names).toEqual(["c"]);
  });

  test("so are too many bytes", () => {
    const { told, submit } = rig({ queueBytesMax: 1_500 });
    const big = (name: string) => put("CREATE", pod(name), { value: "v".repeat(900) });
    for (const name of ["a", "b", "c"]) submit(name, [big(name)]);
    expect(told).toEqual(["c: OVERLOADED"]);
  });
});

describe("a log that does not take the batch", () => {
  test("full: all that was decided falls, and the revisions are used again", async () => {
    const { appends, told, lost, submit, memory } = rig();
    submit("a", [create("a")]);
    await settled();
    submit("b", [update("a", 1)]);
    appends[0]?.settle(full);
    await settled();
    expect(told).toEqual(["a: FULL", "b: FULL"]);
    expect([memory.revision, lost.length]).toEqual([0, 0]);
    submit("c", [create("c")]);
    await settled();
    appends[1]?.settle(appended(1));
    await settled();
    expect(told.slice(2)).toEqual(["changes 1", "c: at 1"]);
  });

  test.each(["Fenced", "Unknown", "Lost"] as const)(
    "%s: nobody is told anything, since another leader may tell otherwise",
    async (type) => {
      const { appends, told, lost, submit, read, expireLease } = rig();
      submit("on its way", [create("a")]);
      await settled();
      expireLease();
      submit("waits", [create("b")]);
      submit("refused", [create("a")]);
      read("reads");
      appends[0]?.settle({ type, message: "another" });
      await settled();
      submit("late", [create("c")]);
      read("reads late");
      await settled();
      expect(told).toEqual([]);
      expect(appends.length).toBe(1);
      expect(lost.map((outcome) => outcome.type)).toEqual([type]);
    },
  );

  test("full, and nobody knows whether another leads: writers are told nothing", async () => {
    const { appends, told, clock, submit, read, expireLease } = rig();
    expireLease();
    clock.isAtEnd = false;
    submit("a", [create("a")]);
    read("read");
    await settled();
    appends[0]?.settle(full);
    await settled();
    expect(told).toEqual(["read: unavailable, at 0"]);
  });

  test("full, but its end is known: readers read, writers are told", async () => {
    const { appends, told, submit, read, expireLease } = rig();
    expireLease();
    submit("a", [create("a")]);
    read("read");
    await settled();
    appends[0]?.settle(full);
    await settled();
    expect(told).toEqual(["a: FULL", "read: proven, at 0"]);
  });

  test("what is acknowledged after it was abandoned is not applied", async () => {
    const { appends, told, queue, submit, memory } = rig();
    submit("a", [create("a")]);
    await settled();
    queue.abandon();
    appends[0]?.settle(appended(1));
    await settled();
    expect([told, memory.revision]).toEqual([[], 0]);
  });
});
