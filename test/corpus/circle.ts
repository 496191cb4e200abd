/** What one object goes through: everything that clients do with objects, one after another. */
import type { ExpectStatic } from "vitest";
import type { KubeObject } from "#libs/api/resource.ts";
import type { Client } from "./client.ts";
import { collectionOf, type Example } from "./objects.ts";
import { fromProtobuf, inMessageForm, protobufType, toProtobuf } from "./protobuf.ts";

interface Circle extends Example {
  readonly client: Client;
  readonly expect: ExpectStatic;
  readonly collection: string;
  readonly path: string;
}

/** Creates the object, does with it what can be done, and deletes it. */
export async function goAround(
  client: Client,
  example: Example,
  expect: ExpectStatic,
): Promise<void> {
  const collection = collectionOf(example);
  const path = `${collection}/${example.object.metadata?.name ?? ""}`;
  const circle = { ...example, client, expect, collection, path };
  await create(circle);
  await read(circle);
  await applyAgain(circle);
  await patch(circle);
  await update(circle);
  await print(circle);
  await remove(circle);
}

/** A dry run tells what is stored then. */
async function create(circle: Circle): Promise<void> {
  const { client, expect, collection, path, object, definition } = circle;
  const body = JSON.stringify(object);
  const tried = await client.object(`${collection}?dryRun=All`, { method: "POST", body });
  expect((await client.ask(path)).status, "a dry run stores nothing").toBe(404);
  const created = await client.object(collection, { method: "POST", body });
  expect(lasting(tried), "what a dry run tells is what is stored").toEqual(lasting(created));
  if (definition.kind === "FlowSchema") await settle(client, expect, path);
  else expect(await client.object(path)).toEqual(created);
  expect(created).toMatchObject({ apiVersion: object.apiVersion, kind: object.kind });
}

const toldMsMax = 15_000;

/** Waits until the API server has told a flow schema that its level exists. */
async function settle(client: Client, expect: ExpectStatic, path: string): Promise<void> {
  const isTold = { status: { conditions: [{ type: "Dangling", status: "False" }] } };
  await expect.poll(() => client.object(path), { timeout: toldMsMax }).toMatchObject(isTold);
}

/** Without what differs from one creation to the next. */
function lasting(object: KubeObject): KubeObject {
  const {
    uid: _,
    resourceVersion: __,
    creationTimestamp: ___,
    ...metadata
  } = {
    ...object.metadata,
  };
  const text = JSON.stringify({ ...object, metadata }, (key, value: unknown) =>
    momentary.has(key) ? undefined : value,
  );
  return JSON.parse(text.replace(drawn, "…")) as KubeObject;
}

/** Uids, and the names of volumes of tokens. */
const drawn = /kube-api-access-[a-z0-9]{5}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const momentary: ReadonlySet<string> = new Set([
  ...["managedFields", "time", "lastTransitionTime", "lastPhaseTransitionTime", "uid"],
  ...["clusterIP", "clusterIPs", "nodePort"],
]);

/** JSON, protobuf, a list and the parts tell the same. */
async function read({ client, expect, collection, path, object, definition }: Circle) {
  const whole = await client.object(path);
  const { bytes } = await client.ask(path, { accept: protobufType });
  const inMessage = inMessageForm(definition.message, whole);
  expect(fromProtobuf(definition, bytes), "protobuf tells what JSON tells").toEqual(inMessage);
  const selector = `fieldSelector=metadata.name%3D${object.metadata?.name ?? ""}`;
  const list = (await client.object(`${collection}?${selector}`)) as { items?: KubeObject[] };
  const { apiVersion: _, kind: __, ...item } = whole;
  expect(list.items, "a list tells the same").toEqual([item]);
  for (const { type, name } of definition.subresources) {
    if (type !== "part") continue;
    const { status, bytes: answer } = await client.ask(`${path}/${name}`);
    // What is only written has no part to be read.
    if (status === 405) continue;
    expect(JSON.parse(answer.toString()), `its ${name}`).toEqual(whole);
  }
}

const manager = "fieldManager=corpus&force=true";
const applyType = "application/apply-patch+yaml";
const mergeType = "application/merge-patch+json";
const strategicType = "application/strategic-merge-patch+json";

const versionOf = ({ metadata }: KubeObject) => metadata?.resourceVersion;

/** The manifest again changes nothing, however it is applied. */
async function applyAgain({ client, expect, path, object }: Circle): Promise<void> {
  const before = await client.object(path);
  const body = JSON.stringify(object);
  const strategic = JSON.stringify(strategicOf(object));
  const sent = { method: "PATCH", body: strategic, type: strategicType };
  const merged = await client.object(path, sent);
  expect(merged, "kubectl apply of the same").toEqual(before);
  const applied = await client.object(`${path}?${manager}`, {
    method: "PATCH",
    body,
    type: applyType,
  });
  expect(unowned(applied), "a server-side apply takes the fields").toEqual(unowned(before));
  const again = await client.object(`${path}?${manager}`, {
    method: "PATCH",
    body,
    type: applyType,
  });
  expect(again, "a server-side apply of the same").toEqual(applied);
}

/** Data of any shape are no place for a strategic patch, which knows every field. */
const strategicOf = (object: KubeObject): object =>
  object.kind === "ControllerRevision" ? { ...object, data: undefined } : object;

/** Without who owns it. */
function unowned(object: KubeObject): KubeObject {
  const { managedFields: _, resourceVersion: __, ...metadata } = { ...object.metadata };
  return { ...object, metadata };
}

/** Every kind of patch adds a label; an apply takes back none that is not its own. */
async function patch({ client, expect, path, object, definition }: Circle): Promise<void> {
  const merge = { metadata: { labels: { merged: "1" } } };
  const strategic = { metadata: { labels: { strategic: "1" } } };
  const operation = { op: "add", path: "/metadata/labels/json", value: "1" };
  const bodies = [
    [mergeType, merge],
    [strategicType, strategic],
    ["application/json-patch+json", [operation]],
  ] as const;
  let before = await client.object(path);
  const { generation } = before.metadata ?? {};
  for (const [type, body] of bodies) {
    const sent = { method: "PATCH", type, body: JSON.stringify(body) };
    const patched = await client.object(path, sent);
    expect(versionOf(patched), type).not.toBe(versionOf(before));
    before = patched;
  }
  expect(before.metadata?.labels).toMatchObject({ merged: "1", strategic: "1", json: "1" });
  if (definition.kind !== "EndpointSlice") {
    expect(before.metadata?.generation, "labels are no new generation").toBe(generation);
  }
  const sent = { method: "PATCH", type: applyType, body: JSON.stringify(object) };
  const applied = await client.object(`${path}?${manager}`, sent);
  expect(applied.metadata?.labels).toEqual(before.metadata?.labels);
}

/** An update with what is there changes nothing, in JSON and in protobuf; a label does. */
async function update({ client, expect, path, definition }: Circle): Promise<void> {
  const before = await client.object(path);
  const body = JSON.stringify(before);
  expect(await client.object(path, { method: "PUT", body }), "the same").toEqual(before);
  const sent = { method: "PUT", type: protobufType, body: toProtobuf(definition, before) };
  expect(await client.object(path, sent), "the same in protobuf").toEqual(before);
  const labels = { ...before.metadata?.labels, updated: "1" };
  const changed = { ...before, metadata: { ...before.metadata, labels } };
  const put = { method: "PUT", body: JSON.stringify(changed) };
  const updated = await client.object(path, put);
  expect(updated.metadata?.labels).toEqual(labels);
  const stale = await client.ask(path, put);
  expect(stale.status, "an update of an older version").toBe(409);
}

interface Table {
  readonly kind?: string;
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

const tableType = "application/json;as=Table;g=meta.k8s.io;v=v1";

/** A table has the columns of the kind, and one row of as many cells. */
async function print({ client, expect, path, definition, object }: Circle): Promise<void> {
  const { bytes } = await client.ask(path, { accept: tableType });
  const table = JSON.parse(bytes.toString()) as Table;
  const columns = definition.printColumns.filter(({ unlisted }) => unlisted !== true);
  expect(table.kind).toBe("Table");
  expect(table.columnDefinitions.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
  const [row, ...more] = table.rows;
  expect(more).toEqual([]);
  expect(row?.cells.length).toBe(definition.printColumns.length);
  const named = columns.findIndex(({ name }) => name === "Name");
  if (named >= 0) expect(row?.cells[named]).toBe(object.metadata?.name);
}

/** Once its finalizers are done, which nobody else does here, it is gone. */
async function remove({ client, expect, path, definition }: Circle): Promise<void> {
  const deleted = await client.ask(`${path}?gracePeriodSeconds=0`, { method: "DELETE" });
  expect(deleted.status, deleted.bytes.toString()).toBe(200);
  const { status, bytes } = await client.ask(path);
  if (status === 200) {
    const waiting = JSON.parse(bytes.toString()) as KubeObject;
    expect(waiting.metadata?.deletionTimestamp).toBeDefined();
    if (definition.kind === "Namespace") {
      const body = JSON.stringify({ ...waiting, spec: {} });
      await client.object(`${path}/finalize`, { method: "PUT", body });
    } else {
      const body = JSON.stringify({ metadata: { finalizers: null } });
      await client.object(path, { method: "PATCH", type: mergeType, body });
    }
  }
  expect((await client.ask(path)).status, "it is gone").toBe(404);
}
