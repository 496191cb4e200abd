/** Watch events as bytes, and what a sink does with them. */
import { describe, expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { decodeUnknown } from "#libs/schema/unknown.ts";
import type { WatchEvent } from "../registry/request.ts";
import type { HttpResponse } from "./exchange.ts";
import { versionOf } from "./fixtures/memory-registry.ts";
import type { Conversion, Encoding } from "./negotiate.ts";
import { eventEncoder, watchSink, type WatchView } from "./watch.ts";

const configmaps = resources.find(({ plural }) => plural === "configmaps") as ResourceDefinition;
const version = versionOf(configmaps, { metadata: { name: "a", namespace: "ns" } }, 3);
const added: WatchEvent = { type: "ADDED", version };
const bookmark: WatchEvent = {
  type: "BOOKMARK",
  resourceVersion: "9",
  initialEventsEnd: true,
};
const failed: WatchEvent = { type: "ERROR", status: { status: "Failure", code: 410 } };

const view = (encoding: Encoding, conversion: Conversion = { type: "none" }): WatchView => ({
  definition: configmaps,
  media: { encoding, pretty: false, conversion, stream: true },
  include: "Metadata",
  now: () => 0,
});
const parsed = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString("utf8")) as Event;

interface Event {
  readonly type: string;
  readonly object: KubeObject & {
    readonly columnDefinitions?: unknown;
    readonly rows?: { readonly cells: unknown[] }[];
  };
}

describe("events", () => {
  test("are encoded once for all who watch alike", () => {
    const one = eventEncoder(view("json"))(added);
    expect(eventEncoder(view("json"))(added)).toBe(one);
    expect(parsed(one)).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap" } });
    const partial: Conversion = { type: "partial", version: "v1", list: false };
    expect(parsed(eventEncoder(view("json", partial))(added)).object).toMatchObject({
      apiVersion: "meta.k8s.io/v1",
      kind: "PartialObjectMetadata",
    });
  });

  test("as tables have columns in the first one only", () => {
    const encode = eventEncoder(view("json", { type: "table", version: "v1" }));
    const [first, second] = [parsed(encode(added)), parsed(encode(bookmark))];
    expect(first.object.columnDefinitions).toHaveLength(3);
    expect(second.object.columnDefinitions).toBeNull();
    expect(first.object.rows?.[0]?.cells[0]).toBe("a");
    expect(second.object.metadata?.resourceVersion).toBe("9");
  });

  test("as protobuf are frames with their length before them", () => {
    for (const event of [added, bookmark, failed]) {
      const frame = Buffer.from(eventEncoder(view("protobuf"))(event));
      expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
      // Field 1 of WatchEvent is the type; field 2 holds the object in its envelope.
      expect(frame.subarray(4, 6)).toEqual(Buffer.from([0x0a, event.type.length]));
      expect(frame.subarray(6, 6 + event.type.length).toString()).toBe(event.type);
      expect(frame[6 + event.type.length]).toBe(0x12);
      const raw = frame.subarray(frame.indexOf("k8s\0"));
      expect(decodeUnknown(raw).kind).toBe(event.type === "ERROR" ? "Status" : "ConfigMap");
    }
  });

  test("that end the beginning say so", () => {
    expect(parsed(eventEncoder(view("json"))(bookmark)).object.metadata).toEqual({
      resourceVersion: "9",
      annotations: { "k8s.io/initial-events-end": "true" },
    });
  });
});

/** A response that remembers what happened to it. */
function recorder(waitingBytes = 0) {
  const log: string[] = [];
  const response = {
    closed: false,
    waitingBytes,
    begin: () => log.push("begin"),
    flush: () => log.push("flush"),
    write: (chunk: Uint8Array) => {
      const lines = Buffer.from(chunk).toString("utf8").trim().split("\n");
      log.push(lines.map((line) => (JSON.parse(line) as Event).type).join("+"));
      return true;
    },
    end: () => log.push("end"),
    destroy: () => log.push("destroy"),
  };
  return { log, response: response as unknown as HttpResponse };
}

describe("a sink", () => {
  test("keeps what comes before it opens, and writes together what comes together", () => {
    const { log, response } = recorder();
    const sink = watchSink(response, view("json"), 100, () => log.push("released"));
    sink.deliver([added]);
    sink.deliver([bookmark]);
    sink.open({});
    sink.deliver([added, added]);
    sink.end();
    sink.end();
    sink.deliver([added]);
    expect(log).toEqual([
      "begin",
      "flush",
      "ADDED+BOOKMARK",
      "ADDED+ADDED",
      "released",
      "end",
    ]);
  });

  test("ends after an error, and drops what follows", () => {
    const { log, response } = recorder();
    const sink = watchSink(response, view("json"), 100, () => log.push("released"));
    sink.open({});
    sink.deliver([added, failed, added]);
    sink.deliver([added]);
    expect(log).toEqual(["begin", "flush", "ADDED+ERROR", "released", "end"]);
  });

  test("cuts a client off that reads too slowly", () => {
    const { log, response } = recorder(101);
    const sink = watchSink(response, view("json"), 100, () => log.push("released"));
    sink.open({});
    sink.deliver([added]);
    sink.deliver([added]);
    expect(log).toEqual(["begin", "flush", "ADDED", "released", "destroy"]);
  });

  test("tells in the stream when an event cannot be written", () => {
    const { log, response } = recorder();
    const broken = Object.defineProperty({ ...version }, "json", {
      get: () => {
        throw new Error("no text");
      },
    });
    const sink = watchSink(response, view("json"), 100, () => log.push("released"));
    sink.open({});
    sink.deliver([{ type: "MODIFIED", version: broken }, added]);
    expect(log).toEqual(["begin", "flush", "ERROR", "released", "end"]);
  });
});
