import { describe, expect, test } from "vitest";
import { Subjects } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/codec.ts";
import { decodeMessage } from "./decode.ts";

const subjects = new Subjects("kubus-two");
const encode = (type: string, fields: object) => codecOf<object>(type).encode(fields);

const configMap = {
  metadata: { name: "settings", namespace: "default" },
  data: { colour: "blue" },
};
const stored = encode("k8s.core.v1.ConfigMap", configMap);
const path = { group: "", resource: "configmaps", namespace: "default", name: "settings" };
const decodedObject = expect.objectContaining({ data: configMap.data });

describe("a message is decoded by its subject", () => {
  test("a change with the object in it", () => {
    const bytes = encode("kubus.watch.v1.ObjectChanged", {
      ...path,
      type: "CHANGE_TYPE_CREATED",
      revision: 7,
      value: stored,
    });
    expect(decodeMessage(subjects.watch(path, ""), bytes)).toEqual({
      "@type": "kubus.watch.v1.ObjectChanged",
      ...withoutGroup(path),
      type: "CHANGE_TYPE_CREATED",
      revision: 7,
      value: decodedObject,
    });
  });

  test("a request to the API with the object in it", () => {
    const target = { ...path, version: "v1", subresource: "" };
    const bytes = encode("kubus.api.v1.CreateRequest", { target, object: stored });
    expect(decodeMessage(subjects.api("create", path), bytes)).toMatchObject({
      "@type": "kubus.api.v1.CreateRequest",
      target: { resource: "configmaps" },
      object: decodedObject,
    });
  });

  test("a patch as JSON", () => {
    const patch = Buffer.from('{"data":{"colour":"red"}}');
    const bytes = encode("kubus.api.v1.PatchRequest", { target: { ...path }, patch });
    expect(decodeMessage(subjects.api("patch", path), bytes)).toMatchObject({
      patch: { data: { colour: "red" } },
    });
  });

  test("a commit with its mutations", () => {
    const mutation = { type: "MUTATION_TYPE_CREATE", key: path, value: stored };
    const bytes = encode("kubus.store.v1.CommitRequest", { mutations: [mutation] });
    expect(decodeMessage(subjects.store("commit", path), bytes)).toMatchObject({
      "@type": "kubus.store.v1.CommitRequest",
      mutations: [{ key: withoutGroup(path), value: decodedObject }],
    });
  });

  test("a transition of an actor, heads, a log request", () => {
    const transition = { component: "scheduler", instance: "0", from: "a", to: "b", at: 1 };
    const bytes = encode("kubus.actor.v1.TransitionOccurred", transition);
    expect(decodeMessage(subjects.actor("scheduler", "0", "transition"), bytes)).toEqual({
      "@type": "kubus.actor.v1.TransitionOccurred",
      ...transition,
    });
    const heads = encode("kubus.watch.v1.HeadsAnnounced", { revision: 9 });
    expect(decodeMessage(subjects.heads(), heads)).toMatchObject({ revision: 9 });
    const log = encode("kubus.node.v1.ReadLogRequest", { pod: "web" });
    expect(decodeMessage(subjects.node("log", "n1"), log)).toMatchObject({ pod: "web" });
    const frame = encode("kubus.node.v1.StreamFrame", { sequence: 3, end: true });
    const decoded = decodeMessage(subjects.session("s1", "client"), frame);
    expect(decoded).toEqual({ "@type": "kubus.node.v1.StreamFrame", sequence: 3, end: true });
  });
});

describe("what no subject names", () => {
  test("an answer is told by its bytes", () => {
    const state = { component: "scheduler", instance: "0", pid: 5, actors: [{ state: "ready" }] };
    const bytes = encode("kubus.actor.v1.StateResponse", state);
    expect(decodeMessage("_INBOX.x.1", bytes)).toMatchObject({
      "@type": "kubus.actor.v1.StateResponse",
      "@guessed": true,
      pid: 5,
    });
  });

  test("without a subject a change is told by its bytes too", () => {
    const fields = { ...path, type: "CHANGE_TYPE_UPDATED", revision: 7, value: stored };
    const bytes = encode("kubus.watch.v1.ObjectChanged", fields);
    expect(decodeMessage("", bytes)).toMatchObject({
      "@type": "kubus.watch.v1.ObjectChanged",
      "@guessed": true,
      value: decodedObject,
    });
  });

  test("JSON stays JSON, on any subject", () => {
    const bytes = Buffer.from('{"crash":{}}');
    expect(decodeMessage(subjects.actor("store", "0", "control"), bytes)).toEqual({ crash: {} });
  });

  test.each(["", "kubus.watch.v1.core.configmaps._.a.b", "other"])(
    "bytes that fit nothing on %j are shown as they are",
    (subject) => {
      const bytes = Uint8Array.of(0xff, 0xff, 0xff);
      expect(decodeMessage(subject, bytes)).toEqual({ base64: "////" });
    },
  );
});

function withoutGroup({ resource, namespace, name }: typeof path) {
  return { resource, namespace, name };
}
