import { describe, expect, it } from "vitest";
import { codecOf, decodeUnknown, encodeUnknown, hasEnvelope } from "./index.ts";

/** What `kubectl create` posts for a namespace "a", byte by byte. */
const posted = Uint8Array.from([
  ...[0x6b, 0x38, 0x73, 0x00],
  ...[0x0a, 0x0f, 0x0a, 0x02, 0x76, 0x31, 0x12, 0x09, ...Buffer.from("Namespace")],
  ...[0x12, 0x0f, 0x0a, 0x09, 0x0a, 0x01, 0x61, 0x12, 0x00, 0x1a, 0x00, 0x22, 0x00],
  ...[0x12, 0x00, 0x1a, 0x00, 0x1a, 0x00, 0x22, 0x00],
]);

describe("the envelope of Kubernetes' protobuf", () => {
  it("is opened", () => {
    const { raw, ...rest } = decodeUnknown(posted);
    expect(rest).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      contentType: "",
      contentEncoding: "",
    });
    expect(codecOf<object>("k8s.core.v1.Namespace").decode(raw)).toEqual({
      metadata: { name: "a" },
      spec: {},
      status: {},
    });
  });

  it("is closed again", () => {
    const type = { apiVersion: "apps/v1", kind: "Deployment" };
    const bytes = encodeUnknown(type, Uint8Array.of(1, 2, 3));
    expect(hasEnvelope(bytes)).toBe(true);
    expect(decodeUnknown(bytes)).toMatchObject(type);
    expect([...decodeUnknown(bytes).raw]).toEqual([1, 2, 3]);
  });

  it.each([
    ["nothing", []],
    ["half of the mark", [0x6b, 0x38]],
    ["JSON", [...Buffer.from("{}")]],
    ["a cut message", [...posted.subarray(0, 12)]],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeUnknown(Uint8Array.from(bytes))).toThrow(RangeError);
  });
});
