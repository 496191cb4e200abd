import { expect, test } from "vitest";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import type { KubeObject } from "../resource.ts";
import { trackUpdate } from "./update.ts";

const schema = schemaOf("k8s.core.v1.ConfigMap");
const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;

interface Writing {
  readonly live?: KubeObject | undefined;
  readonly data?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly sent?: ManagedFieldsEntry[];
  readonly manager?: string;
  readonly subresource?: string;
  readonly second?: number;
  readonly resetFields?: readonly string[];
}

/** Writes a config map and gives it back with its entries. */
function written(writing: Writing): KubeObject {
  const { live, sent, manager = "m", subresource = "", second = 0, resetFields } = writing;
  const { data, labels } = writing;
  const metadata = { name: "a", uid: "u", labels, managedFields: sent };
  const given = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
  const updated: KubeObject = readObject(schema, given).object;
  if (sent && updated.metadata) updated.metadata.managedFields = sent;
  const managedFields = trackUpdate({
    ...{ schema, live, updated, manager, subresource, resetFields },
    apiVersion: "v1",
    time: at(second),
  });
  const { managedFields: _sent, ...kept } = updated.metadata ?? {};
  return { ...updated, metadata: { ...kept, ...(managedFields ? { managedFields } : {}) } };
}

const entriesOf = ({ metadata }: KubeObject) => metadata?.managedFields ?? [];
const summary = (object: KubeObject) =>
  entriesOf(object).map(({ manager, time, fieldsV1 }) => [manager, time, fieldsV1]);

test("identity and what the server keeps are not tracked", () => {
  expect(summary(written({}))).toEqual([]);
});

test("a second write of the same manager adds to its entry and renews its time", () => {
  const first = written({ data: { a: "1" } });
  const second = written({ live: first, data: { a: "1", b: "2" }, second: 1 });
  expect(summary(second)).toEqual([["m", at(1), { "f:data": { ".": {}, "f:a": {}, "f:b": {} } }]]);
});

test("a write that changes nothing leaves entries and times", () => {
  const first = written({ data: { a: "1" } });
  const again = written({ live: first, data: { a: "1" }, manager: "other", second: 9 });
  expect(entriesOf(again)).toEqual(entriesOf(first));
});

test("what is removed is owned by nobody any more", () => {
  const first = written({ data: { a: "1" }, labels: { l: "1" } });
  expect(summary(written({ live: first, labels: { l: "1" }, manager: "n" }))).toEqual([
    ["m", at(0), { "f:metadata": { "f:labels": { ".": {}, "f:l": {} } } }],
  ]);
});

test("reset fields are neither owned nor taken", () => {
  const first = written({ data: { a: "1" } });
  const second = written({ live: first, data: { a: "2" }, manager: "n", resetFields: ["data"] });
  expect(entriesOf(second)).toEqual(entriesOf(first));
});

test.each([[[]], [[{}]]])("entries sent as %j end the tracking", (sent) => {
  const first = written({ data: { a: "1" } });
  const second = written({ live: first, data: { a: "2" }, sent });
  expect(entriesOf(second)).toEqual([]);
  expect(entriesOf(written({ live: second, data: { a: "3" } }))).toEqual([]);
});

test("a subresource has an entry of its own and cannot edit the entries", () => {
  const first = written({ data: { a: "1" } });
  const second = written({ live: first, data: { a: "2" }, subresource: "status", sent: [{}] });
  expect(entriesOf(second).map(({ subresource, fieldsV1 }) => [subresource, fieldsV1])).toEqual([
    [undefined, { "f:data": {} }],
    ["status", { "f:data": { "f:a": {} } }],
  ]);
});

test("the oldest of more than ten updaters become one", () => {
  let object = written({ data: { k0: "v" }, manager: "m0" });
  const data: Record<string, string> = { k0: "v" };
  for (let index = 1; index <= 11; index++) {
    data[`k${index}`] = "v";
    const manager = `m${index}`;
    object = written({ live: object, data: { ...data }, manager, second: index });
  }
  const entries = entriesOf(object);
  expect(entries.map(({ manager }) => manager)).toEqual([
    "ancient-changes",
    ...Array.from({ length: 9 }, (_, index) => `m${index + 3}`),
  ]);
  expect(entries[0]?.fieldsV1).toEqual({
    "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {} },
  });
  expect(entries[0]?.time).toBe(at(2));
});
