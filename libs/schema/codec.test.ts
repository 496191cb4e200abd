import { describe, expect, it } from "vitest";
import type { CommitRequest, CommitResponse } from "#proto/gen/kubus/store/v1.ts";
import type { DeleteRequest } from "#proto/gen/kubus/api/v1.ts";
import { arbitrary, seeded } from "./arbitrary.ts";
import { viewingCodecOf } from "./codec.ts";
import { codecOf, readObject } from "./index.ts";
import { allSchemas, schemaOf } from "./schemas.ts";

const roundsPerMessage = 8;

describe("round trip of arbitrary values", () => {
  const messages = allSchemas().filter(
    ({ name, form }) => name.startsWith("k8s.") && form === "struct",
  );
  it.each(messages.map((schema) => [schema.name, schema] as const))("%s", (name, schema) => {
    const codec = codecOf<object>(name);
    for (let seed = 1; seed <= roundsPerMessage; seed += 1) {
      const { object, unknown } = readObject(schema, arbitrary(schema, seeded(seed)));
      const { apiVersion: _, kind: __, ...message } = object;
      const own = schema.typeMeta ? message : object;
      expect(unknown).toEqual([]);
      expect(codec.decode(codec.encode(own)), `seed ${seed}`).toEqual(own);
      expect(readObject(schema, object).object, `seed ${seed}`).toEqual(object);
    }
  });
});

describe("kubus messages", () => {
  const request = codecOf<CommitRequest>("kubus.store.v1.CommitRequest");
  const response = codecOf<CommitResponse>("kubus.store.v1.CommitResponse");
  const deletion = codecOf<DeleteRequest>("kubus.api.v1.DeleteRequest");

  it("has zero values for what is absent, and undefined for absent messages", () => {
    expect(response.decode(new Uint8Array(0))).toEqual({
      revision: 0,
      failure: "COMMIT_FAILURE_UNSPECIFIED",
      failedIndex: 0,
      message: "",
    });
    expect(request.decode(new Uint8Array(0))).toEqual({ mutations: [], requestId: "" });
  });

  it("gives bytes as a copy, or as a view for whoever asks for that", () => {
    const mutations = [
      { value: Uint8Array.of(1, 2), key: { name: "a" } },
      { value: Uint8Array.of(3) },
    ];
    const bytes = request.encode({ requestId: "r", mutations });
    const viewing = viewingCodecOf<CommitRequest>("kubus.store.v1.CommitRequest");
    expect(viewing.decode(bytes)).toEqual(request.decode(bytes));
    const isView = (codec: typeof request) =>
      codec.decode(bytes).mutations.map(({ value }) => value.buffer === bytes.buffer);
    expect([isView(request), isView(viewing)]).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(() => viewing.decode(bytes.subarray(0, 6))).toThrow(RangeError);
  });

  it("tells an optional zero from absence", () => {
    expect(deletion.decode(deletion.encode({})).gracePeriodSeconds).toBeUndefined();
    const zero = deletion.encode({ gracePeriodSeconds: 0 });
    expect(deletion.decode(zero).gracePeriodSeconds).toBe(0);
  });

  it("keeps bytes, enums and 64-bit numbers", () => {
    const value = Uint8Array.of(0, 255, 7);
    const decoded = request.decode(
      request.encode({
        requestId: "r",
        mutations: [
          { type: "MUTATION_TYPE_UPDATE", key: { name: "a" }, value, expectedRevision: 2 ** 52 },
        ],
      }),
    );
    expect(decoded.mutations[0]).toMatchObject({
      type: "MUTATION_TYPE_UPDATE",
      key: { group: "", resource: "", namespace: "", name: "a" },
      expectedRevision: 2 ** 52,
    });
    expect(decoded.mutations.map((one) => [...one.value])).toEqual([[...value]]);
  });

  it.each([
    ["a text for a number", { failedIndex: "1" }],
    ["a number for a text", { message: 1 }],
    ["a fraction for an integer", { revision: 1.5 }],
    ["an unknown word", { failure: "COMMIT_FAILURE_OF_NO_KIND" }],
    ["a list for a message", { current: 5 }],
  ])("refuses %s", (_, value) => {
    expect(() => response.encode(value as object)).toThrow(TypeError);
  });
});

describe("nesting", () => {
  const schema = schemaOf("k8s.apiextensions.v1.JSONSchemaProps");
  const codec = codecOf<object>(schema.name);

  function nestedSchema(field: string, depth: number): object {
    let value: object = {};
    for (let level = 0; level < depth; level += 1) value = { [field]: value };
    return value;
  }

  it.each(["not", "items", "additionalProperties"])(
    "by %s is read as deeply as it is taken",
    (field) => {
      const { object } = readObject(schema, nestedSchema(field, 500));
      expect(codec.encode(codec.decode(codec.encode(object)))).toEqual(codec.encode(object));
      expect(() => readObject(schema, nestedSchema(field, 600))).toThrow("exceeded max depth");
      const wrong = { ...nestedSchema(field, 500), type: 5 };
      expect(() => readObject(schema, wrong)).toThrow("cannot unmarshal number");
    },
  );
});

describe("malformed bytes", () => {
  const pod = codecOf<object>("k8s.core.v1.Pod");

  it.each([
    ["a cut tag", [0x80]],
    ["a length beyond the end", [0x0a, 0x05, 0x01]],
    ["an endless varint", Array(12).fill(0xff)],
    ["a wire type that does not exist", [0x0f]],
    ["a group that is not closed", [0x6b]],
    ["a nested field beyond its parent", [0x0a, 0x02, 0x0a, 0x05, 0x61, 0x61]],
    ["a wrong wire type of a known field", [0x08, 0x01]],
  ])("refuses %s", (_, bytes) => {
    expect(() => pod.decode(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  it("refuses or reads every cut and every flipped bit of a message, and ends", () => {
    const bytes = pod.encode({
      metadata: { name: "a", labels: { app: "web" }, creationTimestamp: "2026-01-02T03:04:05Z" },
      spec: { containers: [{ name: "c", resources: { limits: { cpu: "1" } } }] },
    });
    for (let index = 0; index < bytes.length; index += 1) {
      expectReadOrRefused(bytes.subarray(0, index));
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = Uint8Array.from(bytes);
        flipped[index] = (bytes[index] ?? 0) ^ (1 << bit);
        expectReadOrRefused(flipped);
      }
    }
  });

  function expectReadOrRefused(bytes: Uint8Array): void {
    try {
      pod.decode(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }

  it("bounds nesting", () => {
    let bytes: Uint8Array = new Uint8Array(0);
    const schema = codecOf<object>("k8s.apiextensions.v1.JSONSchemaProps");
    for (let depth = 0; depth < 5_000; depth += 1) {
      const length = bytes.length;
      const varint = [];
      for (let rest = length; ; rest >>>= 7) {
        varint.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      bytes = Uint8Array.from([0xe2, 0x01, ...varint, ...bytes]);
    }
    expect(() => schema.decode(bytes)).toThrow(RangeError);
  });

  it("skips fields that it does not know", () => {
    // Fields 1000 of every wire type, then metadata.name.
    const unknown = [0xc0, 0x3e, 0x05, 0xc2, 0x3e, 0x01, 0x61, 0xc5, 0x3e, 1, 2, 3, 4];
    const bytes = Uint8Array.from([...unknown, 0x0a, 0x03, 0x0a, 0x01, 0x61]);
    expect(pod.decode(bytes)).toMatchObject({ metadata: { name: "a" } });
  });
});
