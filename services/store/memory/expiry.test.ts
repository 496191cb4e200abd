import { expect, test } from "vitest";
import type { Write, WriteType } from "../decide.ts";
import { startOfLog } from "../log/position.ts";
import { StoreMemory } from "./memory.ts";

function rig() {
  const memory = new StoreMemory({ historyMsMax: 1e12, historyCountMax: 1_000 });
  const put = (type: "CREATE" | "UPDATE" | "DELETE", name: string, expiresAtMs = 0) => {
    const write: Write = {
      type: `MUTATION_TYPE_${type}` satisfies WriteType,
      key: { group: "", resource: "events", namespace: "default", name },
      value: new TextEncoder().encode(type === "DELETE" ? "" : "v"),
      partition: "_",
      confidential: false,
      expiresAtMs,
      revision: memory.revision + 1,
      requestId: "",
    };
    memory.apply(write);
    memory.closeBatch({ position: startOfLog, timeMs: 0, bytes: 1 }, 0);
  };
  const due = (nowMs: number, max = 1e9) =>
    memory.expiry.due(nowMs, max).map(({ entry }) => entry.key.name);
  return { memory, put, due };
}

test("keys expire once, in order, and only in their newest version", () => {
  const { put, due } = rig();
  put("CREATE", "late", 300);
  put("CREATE", "early", 100);
  put("CREATE", "renewed", 50);
  put("UPDATE", "renewed", 400);
  put("CREATE", "deleted", 60);
  put("DELETE", "deleted");
  put("CREATE", "lasting", 70);
  put("UPDATE", "lasting");
  put("CREATE", "never");
  expect(due(99)).toEqual([]);
  expect(due(350, 1)).toEqual(["early"]);
  expect(due(350)).toEqual(["late"]);
  expect(due(1e9)).toEqual(["renewed"]);
});

test("a key that could not be deleted is due again", () => {
  const { memory, put, due } = rig();
  put("CREATE", "a", 100);
  const [first] = memory.expiry.due(200, 1);
  if (first) memory.expiry.again(first.entry, first.revision, 500);
  expect([due(499), due(500)]).toEqual([[], ["a"]]);
});

test("what was overwritten is swept, and nothing that is due gets lost", () => {
  const { memory, put, due } = rig();
  put("CREATE", "kept", 1e6);
  put("CREATE", "busy", 1);
  for (let count = 0; count < 5_000; count += 1) put("UPDATE", "busy", 2e6 + count);
  expect(memory.expiry.size).toBeLessThan(2_000);
  expect(due(3e6)).toEqual(["kept", "busy"]);
});
