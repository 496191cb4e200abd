import { describe, expect, test } from "vitest";
import type { CommitRequest, Mutation } from "#proto/gen/kubus/store/v1.ts";
import {
  type Decision,
  type KeyHead,
  type Limits,
  type View,
  decideCommit,
  keyText,
} from "./decide.ts";

const limits: Limits = { valueBytesMax: 100, commitBytesMax: 400, mutationsMax: 4 };
const nowMs = 1_000_000;
const nextRevision = 50;
const bytes = (length: number) => new Uint8Array(length);

const state: Record<string, KeyHead> = {
  "/pods/default/web": { revision: 40, partition: "node-a" },
  "apps/deployments/default/web": { revision: 41, partition: "" },
};
const view: View = { head: (key) => state[keyText(key)] };

const key = (name: string, resource = "pods", group = "") => ({
  group,
  resource,
  namespace: "default",
  name,
});

type Some = Partial<Omit<Mutation, "type">>;
const mutation = (type: Mutation["type"], some: Some): Mutation => ({
  type,
  key: key("new"),
  value: bytes(0),
  expectedRevision: 0,
  partition: "",
  confidential: false,
  ttlSeconds: 0,
  ...some,
});
const create = (some: Some = {}) => mutation("MUTATION_TYPE_CREATE", { value: bytes(3), ...some });
const update = (some: Some = {}) =>
  mutation("MUTATION_TYPE_UPDATE", { key: key("web"), value: bytes(3), ...some });
const remove = (some: Some = {}) => mutation("MUTATION_TYPE_DELETE", { key: key("web"), ...some });
const check = (some: Some = {}) => mutation("MUTATION_TYPE_CHECK", { key: key("web"), ...some });

const decide = (mutations: Mutation[], requestId = ""): Decision => {
  const request: CommitRequest = { mutations, requestId };
  return decideCommit({ request, view, limits, nextRevision, nowMs });
};

/** "50 CREATE new", … or "REVISION_MISMATCH at 0". */
function summary(decision: Decision): string {
  if (decision.type === "Refused") {
    return `${decision.failure.replace("COMMIT_FAILURE_", "")} at ${decision.failedIndex}`;
  }
  return decision.writes
    .map(({ revision, type, key: { name } }) =>
      [revision, type.replace("MUTATION_TYPE_", ""), name].join(" "),
    )
    .join(", ");
}

const long = "n".repeat(1_001);
const rows: readonly [string, Mutation[], string][] = [
  ["creates what is absent", [create()], "50 CREATE new"],
  ["refuses to create what exists", [create({ key: key("web") })], "EXISTS at 0"],
  ["updates whatever revision", [update()], "50 UPDATE web"],
  ["updates the seen revision", [update({ expectedRevision: 40 })], "50 UPDATE web"],
  ["refuses an older revision", [update({ expectedRevision: 39 })], "REVISION_MISMATCH at 0"],
  ["refuses a newer revision", [update({ expectedRevision: 41 })], "REVISION_MISMATCH at 0"],
  ["refuses to update what is absent", [update({ key: key("new") })], "NOT_FOUND at 0"],
  ["absent beats mismatch", [update({ key: key("no"), expectedRevision: 3 })], "NOT_FOUND at 0"],
  ["deletes whatever revision", [remove()], "50 DELETE web"],
  ["deletes the seen revision", [remove({ expectedRevision: 40 })], "50 DELETE web"],
  ["refuses to delete another", [remove({ expectedRevision: 7 })], "REVISION_MISMATCH at 0"],
  ["refuses to delete what is absent", [remove({ key: key("new") })], "NOT_FOUND at 0"],
  ["a check takes no revision", [check({ expectedRevision: 40 })], ""],
  ["a check of another revision", [check({ expectedRevision: 41 })], "REVISION_MISMATCH at 0"],
  ["a check of the absent", [check({ key: key("new") })], ""],
  ["a check that it is absent", [check()], "EXISTS at 0"],
  [
    "a check at a revision of the absent",
    [check({ key: key("no"), expectedRevision: 1 })],
    "NOT_FOUND at 0",
  ],
  [
    "all of several",
    [check({ expectedRevision: 40 }), create(), update()],
    "50 CREATE new, 51 UPDATE web",
  ],
  ["none of several", [create(), update({ expectedRevision: 1 })], "REVISION_MISMATCH at 1"],
  ["resources are apart", [create({ key: key("web", "services") })], "50 CREATE web"],
  ["groups are apart", [update({ key: key("web", "deployments") })], "NOT_FOUND at 0"],
  ["a key twice", [update(), remove()], "INVALID at 1"],
  ["a key checked and written", [check({ expectedRevision: 40 }), remove()], "50 DELETE web"],
  ["nothing", [], "INVALID at 0"],
  ["too many", Array.from({ length: 5 }, () => check()), "TOO_LARGE at 4"],
  ["no key", [create({ key: undefined })], "INVALID at 0"],
  ["no name", [create({ key: key("") })], "INVALID at 0"],
  ["no resource", [create({ key: key("a", "") })], "INVALID at 0"],
  ["a control character", [create({ key: key("a\u0000b") })], "INVALID at 0"],
  ["a long name", [create({ key: key(long) })], "INVALID at 0"],
  ["a long name in bytes", [create({ key: key("ü".repeat(500)) })], "INVALID at 0"],
  ["a long partition", [create({ partition: long })], "INVALID at 0"],
  ["an unknown type", [mutation("MUTATION_TYPE_UNSPECIFIED", {})], "INVALID at 0"],
  ["a deletion with a value", [remove({ value: bytes(1) })], "INVALID at 0"],
  ["the largest value", [create({ value: bytes(100) })], "50 CREATE new"],
  ["a larger value", [create(), update({ value: bytes(101) })], "TOO_LARGE at 1"],
  [
    "a larger sum",
    ["a", "b", "c", "d"].map((name) => create({ key: key(name), value: bytes(90) })),
    "TOO_LARGE at 2",
  ],
];

describe("decideCommit", () => {
  test.each(rows)("%s", (_, mutations, expected) => {
    expect(summary(decide(mutations))).toBe(expected);
  });

  test("a refusal says what it found", () => {
    expect(decide([update({ expectedRevision: 39 })])).toMatchObject({
      message: "/pods/default/web is at revision 40, not 39",
    });
  });

  test("time to live counts from now, and a tombstone has none", () => {
    const decision = decide([create({ ttlSeconds: 60 }), remove({ ttlSeconds: 60 })]);
    expect(decision).toMatchObject({
      writes: [{ expiresAtMs: nowMs + 60_000 }, { expiresAtMs: 0 }],
    });
  });

  test("a tombstone goes where the object was", () => {
    expect(decide([remove({ partition: "node-b" })])).toMatchObject({
      writes: [{ partition: "node-a" }],
    });
  });

  test("the last write carries the request id", () => {
    const decision = decide([create(), update(), check({ key: key("no") })], "id-1");
    expect(decision).toMatchObject({ writes: [{ requestId: "" }, { requestId: "id-1" }] });
  });

  test("a long request id is refused", () => {
    expect(summary(decide([create()], "i".repeat(257)))).toBe("INVALID at 0");
  });
});
