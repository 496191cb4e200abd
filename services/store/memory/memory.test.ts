import { describe, expect, test } from "vitest";
import type { Write, WriteType } from "../decide.ts";
import { startOfLog } from "../log/position.ts";
import { BrokenInvariantError, StoreMemory } from "./memory.ts";
import { readChanges, readHead, readList, readOne } from "./reading.ts";

const noLimit = { historyMsMax: 1e12, historyCountMax: 1e9 };
const bytesMax = 1e9;
const position = startOfLog;

/** A generator of the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface ModelVersion {
  readonly revision: number;
  readonly createRevision: number;
  readonly value: string | undefined;
  readonly partition: string;
}

/** What the memory is compared with: every state that ever was, in full. */
class Model {
  readonly states: Map<string, ModelVersion>[] = [new Map()];
  readonly writes: Write[] = [];

  get revision(): number {
    return this.states.length - 1;
  }

  apply(write: Write): void {
    const next = new Map(this.states[this.revision]);
    const { resource, namespace, name } = write.key;
    const text = `${resource}|${namespace}|${name}`;
    const { revision, partition } = write;
    const createRevision = next.get(text)?.createRevision ?? revision;
    const value = Buffer.from(write.value).toString();
    if (write.type === "MUTATION_TYPE_DELETE") next.delete(text);
    else next.set(text, { revision, createRevision, value, partition });
    this.states.push(next);
    this.writes.push(write);
  }

  list(resource: string, namespace: string, revision: number): string[] {
    const found = [...(this.states[revision] ?? [])]
      .map(([text, version]) => ({ parts: text.split("|"), version }))
      .filter(({ parts: [in_, ns] }) => in_ === resource && (!namespace || ns === namespace));
    const order = ({ parts: [, ns, name] }: { parts: string[] }) => `${ns}\u0000${name}`;
    return found
      .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
      .map(({ parts: [, ns, name], version }) => show(ns ?? "", name ?? "", version));
  }
}

const show = (
  namespace: string,
  name: string,
  version: Omit<ModelVersion, "value"> & { value: string | undefined },
) =>
  `${namespace}/${name}@${version.createRevision}-${version.revision}` +
  `=${version.value}#${version.partition}`;

const resources = ["pods", "nodes"];
const namespaces = ["", "a", "a-b", "b"];
const partitions = ["", "n1", "n2"];

function randomWrite(model: Model, random: (below: number) => number): Write {
  const revision = model.revision + 1;
  const pick = (from: string[]) => from[random(from.length)] ?? "";
  const [resource, namespace, name] = [pick(resources), pick(namespaces), `x${random(12)}`];
  const key = { group: "", resource, namespace, name };
  const before = model.states[model.revision]?.get(`${resource}|${namespace}|${name}`);
  const types: WriteType[] = before
    ? ["MUTATION_TYPE_UPDATE", "MUTATION_TYPE_UPDATE", "MUTATION_TYPE_DELETE"]
    : ["MUTATION_TYPE_CREATE"];
  const type = types[random(types.length)] ?? "MUTATION_TYPE_CREATE";
  const isDeletion = type === "MUTATION_TYPE_DELETE";
  const partition = isDeletion ? (before?.partition ?? "") : pick(partitions);
  const value = isDeletion ? new Uint8Array(0) : Buffer.from(`v${revision}`);
  const rest = { confidential: false, expiresAtMs: 0, requestId: `r${revision}` };
  return { type, key, value, partition, revision, ...rest };
}

/** Lists page by page, and checks each page's remaining count. */
function listAll(
  memory: StoreMemory,
  resource: string,
  namespace: string,
  revision: number,
  limit: number,
) {
  const found: string[] = [];
  const remaining: [counted: number, at: number][] = [];
  let [afterNamespace, afterName] = ["", ""];
  while (true) {
    const place = { group: "", resource, namespace, afterNamespace, afterName };
    const answer = readList(memory, { ...place, limit, revision }, bytesMax);
    expect(answer.failure).toBe("READ_FAILURE_UNSPECIFIED");
    for (const { key, ...record } of answer.records) {
      const value = Buffer.from(record.value).toString();
      found.push(show(key?.namespace ?? "", key?.name ?? "", { ...record, value }));
    }
    if (!answer.more) break;
    remaining.push([answer.remaining, found.length]);
    const last = answer.records[answer.records.length - 1]?.key;
    [afterNamespace, afterName] = [last?.namespace ?? "", last?.name ?? ""];
  }
  for (const [counted, at] of remaining) expect(counted).toBe(found.length - at);
  return found;
}

/** What a follower sees who starts from the list at `after` and applies the changes. */
function follow(
  memory: StoreMemory,
  model: Model,
  resource: string,
  partition: string,
  after: number,
) {
  const ask = { group: "", resource, partition, withConfidential: true };
  const seen: number[] = [];
  let afterRevision = after;
  while (true) {
    const answer = readChanges(memory, { ...ask, afterRevision }, 3 * 300);
    expect(answer.failure).toBe("READ_FAILURE_UNSPECIFIED");
    for (const change of answer.changes) {
      const previous = partition
        ? change.previousPartitionRevision
        : change.previousResourceRevision;
      expect(previous).toBeLessThanOrEqual(seen.at(-1) ?? after);
      if (seen.length > 0) expect(previous).toBe(seen.at(-1));
      seen.push(change.revision);
      afterRevision = change.revision;
      const write = model.writes[change.revision - 1];
      expect(write?.key).toEqual({
        group: "",
        resource,
        namespace: change.namespace,
        name: change.name,
      });
      const type = change.type.replace("CHANGE_TYPE_", "").slice(0, 6);
      expect(write?.type.replace("MUTATION_TYPE_", "")).toBe(type);
    }
    if (!answer.more) return seen;
  }
}

describe("memory against a model", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    const random = randomOf(seed);
    const model = new Model();
    const historyCountMax = [50, 300, 1e9][seed % 3] ?? 1e9;
    const memory = new StoreMemory({ ...noLimit, historyCountMax });
    for (let step = 0; step < 400; step += 1) {
      for (let count = random(3); count >= 0; count -= 1) {
        const write = randomWrite(model, random);
        model.apply(write);
        memory.apply(write);
      }
      memory.closeBatch({ position, timeMs: step, bytes: 1 }, step);
      if (step % 20 === 0) compare(memory, model, random);
    }
    compare(memory, model, random);
    expect(memory.history.count).toBeLessThanOrEqual(historyCountMax);
    expect(memory.revision - memory.floor).toBe(memory.history.count);
  });
});

function compare(memory: StoreMemory, model: Model, random: (below: number) => number) {
  expect(memory.revision).toBe(model.revision);
  expect(memory.keyCount).toBe(model.states[model.revision]?.size);
  const span = memory.revision - memory.floor;
  const revisions = [memory.floor, memory.revision, memory.floor + random(span + 1)];
  for (const revision of revisions.filter((at) => at > 0)) {
    for (const resource of resources) {
      for (const namespace of namespaces) {
        const expected = model.list(resource, namespace, revision);
        expect(listAll(memory, resource, namespace, revision, 1 + random(5))).toEqual(expected);
      }
      const writes = model.writes.filter(({ key }) => key.resource === resource);
      const after = writes.filter((write) => write.revision > revision);
      expect(follow(memory, model, resource, "", revision)).toEqual(after.map((w) => w.revision));
      for (const partition of ["n1", "n2"]) {
        const touching = after.filter(
          (write) => write.partition === partition || partitionBefore(model, write) === partition,
        );
        const seen = follow(memory, model, resource, partition, revision);
        expect(seen).toEqual(touching.map((write) => write.revision));
      }
    }
  }
}

const partitionBefore = (model: Model, { key, revision }: Write) =>
  model.states[revision - 1]?.get(`${key.resource}|${key.namespace}|${key.name}`)?.partition;

describe("memory", () => {
  const key = { group: "", resource: "pods", namespace: "default", name: "web" };
  const write = (type: WriteType, revision: number, some: Partial<Write> = {}): Write => ({
    type,
    key,
    value: Buffer.from(type === "MUTATION_TYPE_DELETE" ? "" : "v"),
    partition: "",
    confidential: false,
    expiresAtMs: 0,
    revision,
    requestId: "",
    ...some,
  });
  const filled = (writes: Write[], window: Partial<typeof noLimit> = {}) => {
    const memory = new StoreMemory({ ...noLimit, ...window });
    for (const [index, each] of writes.entries()) {
      memory.apply(each);
      memory.closeBatch({ position, timeMs: index * 1000, bytes: 1 }, index * 1000);
    }
    return memory;
  };
  const life = [
    write("MUTATION_TYPE_CREATE", 1, { requestId: "first" }),
    write("MUTATION_TYPE_UPDATE", 2),
    write("MUTATION_TYPE_DELETE", 3),
    write("MUTATION_TYPE_CREATE", 4),
  ];

  test("reads of one key at every revision", () => {
    const memory = filled(life);
    const at = (revision: number) => {
      const { record } = readOne(memory, { key, revision });
      return record && [record.createRevision, record.revision];
    };
    expect([0, 1, 2, 3, 4].map(at)).toEqual([[4, 4], [1, 1], [1, 2], undefined, [4, 4]]);
  });

  test("below the floor is compacted, above the head is the future", () => {
    const memory = filled(life, { historyCountMax: 1 });
    expect(memory.floor).toBe(3);
    const list = {
      group: "",
      resource: "pods",
      namespace: "",
      afterNamespace: "",
      afterName: "",
      limit: 0,
    };
    const changes = { group: "", resource: "pods", partition: "", withConfidential: false };
    for (const [revision, failure] of [
      [2, "READ_FAILURE_COMPACTED"],
      [3, "READ_FAILURE_UNSPECIFIED"],
      [4, "READ_FAILURE_UNSPECIFIED"],
      [5, "READ_FAILURE_FUTURE"],
    ] as const) {
      expect(readOne(memory, { key, revision }).failure).toBe(failure);
      expect(readList(memory, { ...list, revision }, bytesMax).failure).toBe(failure);
      expect(readChanges(memory, { ...changes, afterRevision: revision }, bytesMax).failure).toBe(
        failure,
      );
    }
    expect(readHead(memory, { group: "", resource: "pods" })).toEqual({
      revision: 4,
      resourceRevision: 4,
      floor: 3,
      failure: "READ_FAILURE_UNSPECIFIED",
    });
  });

  test("history goes by age, in whole batches, and request ids with it", () => {
    const memory = filled(life);
    expect(memory.outcomeOf("first")).toBe(1);
    const timed = filled(life, { historyMsMax: 1_500 });
    expect([timed.floor, timed.outcomeOf("first")]).toEqual([2, undefined]);
    timed.compact(1e9);
    // The newest batch stays: it says where the log ends.
    expect(timed.floor).toBe(3);
  });

  test("a deleted key leaves memory with its tombstone", () => {
    const memory = filled([...life, write("MUTATION_TYPE_DELETE", 5)]);
    expect(memory.table("", "pods")?.byKey.size).toBe(1);
    const other = write("MUTATION_TYPE_CREATE", 6, { key: { ...key, name: "other" } });
    const short = filled([...life, write("MUTATION_TYPE_DELETE", 5), other], {
      historyCountMax: 1,
    });
    expect([...(short.table("", "pods")?.byKey.values() ?? [])].map((e) => e.key.name)).toEqual([
      "other",
    ]);
    expect(short.keyCount).toBe(1);
  });

  test("a pinned floor stays", () => {
    const memory = new StoreMemory({ ...noLimit, historyCountMax: 1 });
    const step = (each: Write) => {
      memory.apply(each);
      memory.closeBatch({ position, timeMs: 0, bytes: 1 }, 0);
    };
    life.slice(0, 2).forEach(step);
    const unpin = memory.pin();
    life.slice(2).forEach(step);
    expect(memory.floor).toBe(1);
    expect(readOne(memory, { key, revision: 1 }).record?.revision).toBe(1);
    unpin("abandoned");
    memory.compact(0);
    expect(memory.floor).toBe(3);
  });

  test.each([
    ["a revision twice", write("MUTATION_TYPE_UPDATE", 4)],
    ["an older revision", write("MUTATION_TYPE_UPDATE", 2)],
    ["a creation of what exists", write("MUTATION_TYPE_CREATE", 5)],
    [
      "an update of what is absent",
      write("MUTATION_TYPE_UPDATE", 5, { key: { ...key, name: "no" } }),
    ],
  ])("%s breaks the invariant", (_, broken) => {
    expect(() => filled(life).apply(broken)).toThrow(BrokenInvariantError);
  });

  test("a small value does not keep a large message alive", () => {
    const [message, next] = [new Uint8Array(100_000), new Uint8Array(100_000)];
    const memory = filled([
      write("MUTATION_TYPE_CREATE", 1, { value: message.subarray(10, 20) }),
      write("MUTATION_TYPE_CREATE", 2, {
        value: next.subarray(10, 20),
        key: { ...key, name: "b" },
      }),
    ]);
    expect(memory.find(key)?.newest.value?.buffer.byteLength).toBe(10);
  });

  test("a confidential value is withheld from those who do not ask for it", () => {
    const memory = filled([write("MUTATION_TYPE_CREATE", 1, { confidential: true })]);
    const ask = { group: "", resource: "pods", partition: "", afterRevision: 0 };
    const told = (withConfidential: boolean) => {
      const [change] = readChanges(memory, { ...ask, withConfidential }, bytesMax).changes;
      return [change?.withheld, change?.value.length];
    };
    expect([told(false), told(true)]).toEqual([
      [true, 0],
      [false, 1],
    ]);
  });

  test("partitions without a change in the window are forgotten, safely", () => {
    const writes = Array.from({ length: 20_100 }, (_, index) =>
      write("MUTATION_TYPE_CREATE", index + 1, {
        key: { ...key, name: `n${index}` },
        partition: `p${index % 15_000}`,
      }),
    );
    const memory = filled(writes, { historyCountMax: 10 });
    const table = memory.table("", "pods");
    expect(table?.partitions.size).toBeLessThan(10_010);
    const again = write("MUTATION_TYPE_UPDATE", 20_101, {
      key: { ...key, name: "n6000" },
      partition: "p6000",
    });
    const { previousPartitionRevision } = memory.apply(again);
    expect(previousPartitionRevision).toBeGreaterThanOrEqual(6_001);
    expect(previousPartitionRevision).toBeLessThanOrEqual(memory.floor);
  });

  test("a page is bounded by bytes, but never empty", () => {
    const large = (name: string, revision: number) =>
      write("MUTATION_TYPE_CREATE", revision, {
        key: { ...key, name },
        value: new Uint8Array(5_000),
      });
    const memory = filled([large("a", 1), large("b", 2), large("c", 3)]);
    const list = { group: "", resource: "pods", namespace: "", afterNamespace: "", afterName: "" };
    const page = (most: number) => {
      const { records, more, remaining } = readList(
        memory,
        { ...list, limit: 0, revision: 0 },
        most,
      );
      return [records.length, more, remaining];
    };
    expect([page(100), page(11_000), page(1e6)]).toEqual([
      [1, true, 2],
      [2, true, 1],
      [3, false, 0],
    ]);
  });
});
