import { expect, test } from "vitest";
import { schemaOf } from "#libs/schema/index.ts";
import { isObject, setKey, type JsonObject, type MutableJsonObject } from "./json-value.ts";
import { applyJsonPatch, jsonPatchOddities } from "./json.ts";
import { applyMergePatch } from "./merge.ts";
import { applyStrategicMergePatch } from "./strategic.ts";
import { restoreError } from "./strategic/restore.ts";

const refused = { code: 422, message: expect.stringContaining("rejected our request") };

const jsonPatches: [name: string, before: JsonObject, patch: unknown, after: unknown][] = [
  ["add", { a: 1 }, [{ op: "add", path: "/b", value: { c: 2 } }], { a: 1, b: { c: 2 } }],
  ["escapes", { "a/b": 1, "~": 2 }, [{ op: "remove", path: "/a~1b" }], { "~": 2 }],
  ["append", { l: [1] }, [{ op: "add", path: "/l/-", value: 2 }], { l: [1, 2] }],
  ["before the last", { l: [1, 3] }, [{ op: "add", path: "/l/1", value: 2 }], { l: [1, 2, 3] }],
  ["add from the end", { l: [1] }, [{ op: "add", path: "/l/-1", value: 2 }], { l: [1, 2] }],
  ["move", { a: { b: 1 } }, [{ op: "move", from: "/a/b", path: "/c" }], { a: {}, c: 1 }],
  ["copy", { a: [1] }, [{ op: "copy", from: "/a", path: "/b" }], { a: [1], b: [1] }],
  ["replace the whole", { a: 1 }, [{ op: "replace", path: "", value: { b: 1 } }], { b: 1 }],
  ["test the whole", { a: 1 }, [{ op: "test", path: "", value: { a: 1 } }], { a: 1 }],
  [
    "__proto__ is a key",
    {},
    [{ op: "add", path: "/__proto__", value: 1 }],
    JSON.parse('{"__proto__":1}'),
  ],
  ["null", { a: 1 }, null, { a: 1 }],
];

test.each(jsonPatches)("JSON patch: %s", (_name, before, patch, after) => {
  const kept = structuredClone(before);
  expect(applyJsonPatch(before, patch)).toEqual(after);
  expect(before).toEqual(kept);
});

test.each([
  ["unknown op", [{ op: "frob", path: "/a" }]],
  ["no path", [{ op: "add", value: 1 }]],
  ["move without from", [{ op: "move", path: "/a" }]],
  ["copy of an absent index", [{ op: "copy", from: "/l/7", path: "/a" }]],
  ["add below a scalar", [{ op: "add", path: "/a/b", value: 1 }]],
  ["index with letters", [{ op: "remove", path: "/l/0x0" }]],
  ["index before the start", [{ op: "remove", path: "/l/-3" }]],
  ["failed test", [{ op: "test", path: "/a", value: 2 }]],
  ["scalar as the whole", [{ op: "replace", path: "", value: 2 }]],
])("JSON patch is refused: %s", (_name, patch) => {
  expect(() => applyJsonPatch({ a: 1, l: [1] }, patch)).toThrow(expect.objectContaining(refused));
});

test.each([
  [{ op: "add", path: null, value: 1 }],
  [{ op: null, path: "/a" }],
  [{ op: "move", path: "/b", from: null }],
])("what is null in an operation is absent: %j", (operation) => {
  expect(() => applyJsonPatch({ a: 1 }, [operation])).toThrow(expect.objectContaining(refused));
});

test("a JSON patch has at most 10,000 operations", () => {
  const operation = { op: "test", path: "/a", value: 1 };
  const many = (count: number) => Array.from({ length: count }, () => operation);
  expect(applyJsonPatch({ a: 1 }, many(10_000))).toEqual({ a: 1 });
  expect(() => applyJsonPatch({ a: 1 }, many(10_001))).toThrow(
    expect.objectContaining({
      code: 413,
      message:
        "Request entity too large: " +
        "The allowed maximum operations in a JSON patch is 10000, got 10001",
    }),
  );
});

test("copies cannot blow a document up", () => {
  const patch = [
    { op: "add", path: "/a", value: "x".repeat(100_000) },
    ...Array.from({ length: 40 }, (_, index) => ({ op: "copy", from: "/a", path: `/b${index}` })),
  ];
  expect(() => applyJsonPatch({}, patch)).toThrow(expect.objectContaining(refused));
});

/** `{a: {a: … }}` of that depth. */
const nested = (depth: number): JsonObject =>
  Array.from({ length: depth - 1 }).reduce<JsonObject>((inner) => ({ a: inner }), {});

test("an object copied into itself cannot outgrow the stack", () => {
  const copies = Array.from({ length: 12 }, (_, index) => ({
    op: "copy",
    from: "/a",
    path: `/a${"/a".repeat(2 ** index)}`,
  }));
  expect(applyJsonPatch({ a: {} }, copies.slice(0, 2))).toEqual({ a: nested(4) });
  expect(() => applyJsonPatch({ a: {} }, copies)).toThrow(expect.objectContaining(refused));
});

test("patches that are too deep are refused", () => {
  const deep = nested(5000);
  const add = [{ op: "add", path: "/a", value: deep }];
  expect(() => applyJsonPatch({}, add)).toThrow(expect.objectContaining(refused));
  expect(() => applyMergePatch({}, deep)).toThrow("error decoding patch: exceeded max depth");
  expect(() => applyStrategicMergePatch(template, {}, deep)).toThrow("exceeded max depth");
});

test("odd fields of operations are named", () => {
  expect(jsonPatchOddities([{ op: "add", path: "/a", value: 1, extra: 1 }, null])).toEqual([
    'json patch unknown field "[0].extra"',
  ]);
});

test.each<[patch: unknown, code: number, message: string]>([
  [
    5,
    400,
    "error decoding patch: json: cannot unmarshal number into Go value of type " +
      "map[string]interface {}",
  ],
  [null, 400, "Invalid JSON Patch"],
])("merge patch %j is refused", (patch, code, message) => {
  expect(() => applyMergePatch({}, patch)).toThrow(expect.objectContaining({ code, message }));
});

const objects: readonly JsonObject[] = [
  {},
  { a: 1 },
  { a: { b: 1, c: [1, { d: 2 }] } },
  { a: { b: { c: {} } }, l: [] },
  { a: [1], x: "y", z: { "": true } },
  { l: [{ n: 1 }, { n: 2 }], z: {} },
];

/** The merge patch that turns `from` into `to`; null values in `to` cannot be expressed. */
function mergePatchOf(from: JsonObject, to: JsonObject): JsonObject {
  const patch: MutableJsonObject = {};
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(to, key)) setKey(patch, key, null);
  }
  for (const key of Object.keys(to)) {
    const value = to[key];
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isObject(value) && isObject(old)) {
      const inner = mergePatchOf(old, value);
      if (Object.keys(inner).length > 0) setKey(patch, key, inner);
    } else if (JSON.stringify(value) !== JSON.stringify(old)) setKey(patch, key, value);
  }
  return patch;
}

test("the merge patch between any two objects turns one into the other", () => {
  for (const from of objects) {
    for (const to of objects) expect(applyMergePatch(from, mergePatchOf(from, to))).toEqual(to);
  }
});

const template = schemaOf("k8s.core.v1.PodTemplateSpec");
const live = {
  metadata: { finalizers: ["a", "b"] },
  spec: {
    containers: [
      { name: "x", image: "1" },
      { name: "y", image: "2", args: ["p"] },
    ],
    nodeSelector: { k: "v" },
  },
};

const strategic: [name: string, patch: JsonObject, after: (spec: JsonObject) => unknown][] = [
  [
    "keys unknown to the type are taken",
    { spec: { bogus: { n: null, m: 1 } } },
    (spec) => ({ ...spec, bogus: { m: 1 } }),
  ],
  [
    "directives in new parts are dropped",
    {
      spec: {
        volumes: [
          { name: "v", emptyDir: {} },
          { name: "w", $patch: "delete" },
        ],
      },
    },
    (spec) => ({ ...spec, volumes: [{ name: "v", emptyDir: {} }] }),
  ],
  [
    "an order list sorts new, live and patched items",
    {
      spec: {
        "$setElementOrder/containers": [{ name: "z" }, { name: "y" }],
        containers: [{ name: "z", image: "3" }],
      },
    },
    (spec) => ({
      ...spec,
      containers: [{ name: "z", image: "3" }, ...live.spec.containers],
    }),
  ],
  [
    "deletes beside merges",
    {
      spec: {
        containers: [
          { name: "x", $patch: "delete" },
          { name: "y", args: ["q"] },
        ],
      },
    },
    (spec) => ({ ...spec, containers: [{ name: "y", image: "2", args: ["q"] }] }),
  ],
  ["null removes", { spec: { nodeSelector: null } }, ({ containers }) => ({ containers })],
];

test.each(strategic)("strategic merge patch: %s", (_name, patch, after) => {
  const kept = structuredClone(live);
  const { spec } = applyStrategicMergePatch(template, live, patch);
  expect(spec).toEqual(after(live.spec));
  expect(live).toEqual(kept);
});

test.each<[patch: JsonObject, code: number, message: string]>([
  [
    { spec: { $retainKeys: ["nodeSelector"], containers: [] } },
    400,
    "invalid patch format of retainKeys",
  ],
  [{ spec: { $setElementOrder: [] } }, 400, "invalid patch format of setElementOrder list"],
  [
    { metadata: { $deleteFromPrimitiveListfinalizers: ["a"] } },
    400,
    "invalid patch format of primitive list",
  ],
  [
    { spec: { "$setElementOrder/containers": "x" } },
    500,
    "expected a []interface {}, but received a string",
  ],
  [
    { spec: { containers: [{ name: "x", $patch: "merge" }] } },
    500,
    "merging lists cannot yet be specified in the patch",
  ],
  [{ spec: { containers: [[1]] } }, 500, "list element types are not identical"],
])("strategic merge patch %j is refused", (patch, code, message) => {
  expect(() => applyStrategicMergePatch(template, live, patch)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

test("primitive lists merge, and items are deleted from them", () => {
  const merged = (metadata: JsonObject) =>
    (applyStrategicMergePatch(template, live, { metadata }) as typeof live).metadata.finalizers;
  expect(merged({ finalizers: ["c", "a"] })).toEqual(["c", "a", "b"]);
  expect(merged({ "$deleteFromPrimitiveList/finalizers": ["a", "z"] })).toEqual(["b"]);
  expect(merged({ "$setElementOrder/finalizers": ["b", "a"] })).toEqual(["b", "a"]);
});

test.each<[spec: unknown, error: string | undefined]>([
  [{ containers: [{ name: "x", ports: [{ containerPort: 80 }] }] }, undefined],
  [{ containers: "x" }, "cannot restore slice from string"],
  [{ nodeSelector: ["a"] }, "cannot restore map from slice"],
  [{ nodeSelector: { a: 5 } }, "cannot convert int64 to string"],
  [{ nodeSelector: { a: true } }, "unrecognized type: string"],
  [{ containers: [5] }, "cannot restore struct from: int64"],
  [{ hostNetwork: "yes" }, "unrecognized type: bool"],
  [{ priority: "5" }, "unrecognized type: int32"],
  [{ priority: 5.5 }, "cannot convert float64 to int32"],
  [[], "cannot restore struct from: slice"],
  [null, undefined],
])("a patched spec of %j: %j", (spec, error) => {
  expect(restoreError(template, { spec })).toBe(error);
});
