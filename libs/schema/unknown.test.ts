import { describe, expect, it } from "vitest";
import { codecOf, decodeUnknown, encodeUnknown, hasEnvelope } from "./index.ts";

/** A namespace "a" as client-go, and so kubectl, writes it. */
const posted = Buffer.from(
  "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhkKEQoBYRIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==",
  "base64",
);

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
