import { expect, test } from "vitest";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import type { ConfigMap, PodTemplate } from "#proto/gen/k8s/core/v1.ts";
import type { KubeObject } from "../resource.ts";
import { apply, type ApplyInput } from "./apply.ts";
import { trackUpdate } from "./update.ts";

const time = "2026-01-01T00:00:00Z";
const later = "2026-01-02T00:00:00Z";

interface Stored {
  readonly message: string;
  readonly kind: string;
  readonly object: KubeObject | undefined;
}

const configMap: Stored = {
  message: "k8s.core.v1.ConfigMap",
  kind: "ConfigMap",
  object: undefined,
};
const template: Stored = {
  message: "k8s.core.v1.PodTemplate",
  kind: "PodTemplate",
  object: undefined,
};

/** Applies and stores: the object as the next reader finds it. */
function applied(
  stored: Stored,
  manager: string,
  config: object,
  more: Partial<ApplyInput> = {},
): Stored & { readonly changed: boolean } {
  const { message, kind } = stored;
  const schema = schemaOf(message);
  const { object, managedFields, changed } = apply({
    schema,
    kind,
    manager,
    live: stored.object,
    applied: { apiVersion: "v1", kind, metadata: { name: "a" }, ...config },
    apiVersion: "v1",
    subresource: "",
    force: false,
    time,
    ...more,
  });
  const read: KubeObject = readObject(schema, object).object;
  const metadata = { ...read.metadata, uid: "u", ...(managedFields ? { managedFields } : {}) };
  return { ...stored, object: { ...read, metadata }, changed };
}

function updated(stored: Stored, manager: string, change: object, at = time): Stored {
  const schema = schemaOf(stored.message);
  const object = { ...stored.object, ...change } as KubeObject;
  const managedFields = trackUpdate({
    schema,
    live: stored.object,
    updated: object,
    manager,
    apiVersion: "v1",
    subresource: "",
    time: at,
  });
  const { managedFields: _old, ...metadata } = object.metadata ?? {};
  const entries = managedFields ? { managedFields } : {};
  return { ...stored, object: { ...object, metadata: { ...metadata, ...entries } } };
}

const dataOf = ({ object }: Stored) => (object as ConfigMap).data;
const ownersOf = ({ object }: Stored) =>
  Object.fromEntries(
    (object?.metadata?.managedFields ?? []).map((entry) => [entry.manager, entry.fieldsV1]),
  );

test("the same apply twice changes nothing, not even the time", () => {
  const once = applied(configMap, "m", { data: { k: "v" } });
  const twice = applied(once, "m", { data: { k: "v" } }, { time: later });
  expect(twice.changed).toBe(false);
  expect(twice.object).toEqual(once.object);
});

test("an owner that joins without a change has no time", () => {
  const first = applied(configMap, "m1", { data: { k: "v" } });
  const second = applied(first, "m2", { data: { k: "v" } });
  const entry = second.object?.metadata?.managedFields?.find(({ manager }) => manager === "m2");
  expect(entry).toEqual({
    manager: "m2",
    operation: "Apply",
    apiVersion: "v1",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:data": { "f:k": {} } },
  });
});

test("what is left out goes, what others own stays", () => {
  const first = applied(configMap, "m1", { data: { a: "1", b: "2" } });
  const second = applied(first, "m2", { data: { b: "2", c: "3" } });
  const third = applied(second, "m1", { data: {} });
  expect(dataOf(third)).toEqual({ b: "2", c: "3" });
});

test("metadata stays when all that was applied of it goes", () => {
  const first = applied(configMap, "m", { metadata: { name: "a", finalizers: ["e.com/x"] } });
  const second = applied(first, "m", { data: { k: "v" } });
  expect(second.object?.metadata).toMatchObject({ name: "a", uid: "u" });
  expect(second.object?.metadata?.finalizers).toBeUndefined();
});

test("a field that an updater set is not removed by the applier who never owned it", () => {
  const first = applied(configMap, "m1", { data: { a: "1" } });
  const second = updated(first, "u", { data: { a: "1", b: "2" } });
  expect(dataOf(applied(second, "m1", { data: {} }))).toEqual({ b: "2" });
});

test("an object without entries belongs to before-first-apply", () => {
  const { managedFields: _none, ...metadata } = { name: "a", uid: "u", managedFields: [] };
  const bare = { ...configMap, object: { apiVersion: "v1", kind: "ConfigMap", metadata } };
  const live = { ...bare, object: { ...bare.object, data: { k: "v" } } as KubeObject };
  expect(() => applied(live, "m", { data: { k: "w" } })).toThrow(
    'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k',
  );
  expect(ownersOf(applied(live, "m", { data: { k: "w" } }, { force: true }))).toEqual({
    m: { "f:data": { "f:k": {} } },
    "before-first-apply": { "f:data": {} },
  });
});

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Created by client-side apply. */
function clientSide(config: object): Stored {
  const full = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...config };
  const annotations = { [lastApplied]: JSON.stringify(full) };
  const metadata = { name: "a", uid: "u", annotations };
  const object = { ...full, metadata } as KubeObject;
  const schema = schemaOf(configMap.message);
  const managedFields = trackUpdate({
    schema,
    live: undefined,
    updated: object,
    manager: "kubectl-client-side-apply",
    apiVersion: "v1",
    subresource: "",
    time,
  });
  const entries = managedFields ? { managedFields } : {};
  return { ...configMap, object: { ...object, metadata: { ...metadata, ...entries } } };
}

test("kubectl takes over what it applied on the client side, and keeps the annotation", () => {
  const live = clientSide({ data: { k: "v" } });
  const taken = applied(live, "kubectl", { data: { k: "w" } });
  expect(dataOf(taken)).toEqual({ k: "w" });
  expect(taken.object?.metadata?.annotations?.[lastApplied]).toBe(
    '{"apiVersion":"v1","data":{"k":"w"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
  );
  expect(() => applied(live, "other", { data: { k: "w" } })).toThrow(
    "Apply failed with 1 conflict",
  );
});

test("kubectl conflicts about fields that it did not apply on the client side", () => {
  const live = updated(clientSide({ data: { k: "v" } }), "u", { data: { k: "v", z: "1" } });
  expect(() => applied(live, "kubectl", { data: { k: "w", z: "2" } })).toThrow(
    'Apply failed with 1 conflict: conflict with "u" using v1: .data.z',
  );
});

const containers = ({ object }: Stored) =>
  (object as PodTemplate).template?.spec?.containers?.map(({ name, image }) => `${name}:${image}`);
const withContainers = (...names: string[]) => ({
  template: { spec: { containers: names.map((name) => ({ name, image: "i" })) } },
});

test.each([
  [
    ["a", "b"],
    ["b", "a"],
    ["b:i", "a:i"],
  ],
  [
    ["a", "b", "c"],
    ["c", "x"],
    ["a:i", "b:i", "c:i", "x:i"],
  ],
  [
    ["a", "b", "c"],
    ["x", "a"],
    ["x:i", "a:i", "b:i", "c:i"],
  ],
  [
    ["a", "b"],
    ["b", "x", "a"],
    ["b:i", "x:i", "a:i"],
  ],
  [["a", "b"], [], ["a:i", "b:i"]],
])("items of %j with %j applied by another stand as %j", (live, config, expected) => {
  const first = applied(template, "m1", withContainers(...live));
  expect(containers(applied(first, "m2", withContainers(...config)))).toEqual(expected);
});

test("an item goes with its last owner", () => {
  const first = applied(template, "m1", withContainers("a", "b"));
  const second = applied(first, "m2", withContainers("b"));
  const third = applied(second, "m1", withContainers());
  expect(containers(third)).toEqual(["b:i"]);
  expect(containers(applied(third, "m2", withContainers()))).toBeUndefined();
});

test.each<[config: object, message: string]>([
  [{ metadata: { name: "a", managedFields: [] } }, "metadata.managedFields must be nil"],
  [{ kind: "Secret" }, "invalid object type: /v1, Kind=Secret"],
  [
    { data: { k: true }, foo: {} },
    "failed to create typed patch object (/a; /v1, Kind=ConfigMap): errors:\n" +
      "  .data.k: expected string, got &value.valueUnstructured{Value:true}\n" +
      "  .foo: field not declared in schema",
  ],
])("%j is refused", (config, message) => {
  expect(() => applied(configMap, "m", config)).toThrow(message);
});
