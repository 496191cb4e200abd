import { describe, expect, it } from "vitest";
import { configmaps } from "#libs/api/core/v1/configmaps.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { codecOf } from "#libs/schema/index.ts";
import { StoredVersion } from "./version.ts";

const definition = configmaps as unknown as ResourceDefinition;
const codec = codecOf<KubeObject>("k8s.core.v1.ConfigMap");
const name = { namespace: "n", name: "a" };
const stored = (object: object, revision = 42) =>
  new StoredVersion(definition, name, codec.encode(object as KubeObject), revision);

describe("a stored version", () => {
  const metadata = { name: "a", namespace: "n", uid: "u", labels: { x: "1" } };
  const version = stored({ metadata, data: { k: "v" } });

  it("knows its kind and its revision", () => {
    expect(version.object).toEqual({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { ...metadata, resourceVersion: "42" },
      data: { k: "v" },
    });
    const { metadata: written } = JSON.parse(Buffer.from(version.json).toString());
    expect(Object.keys(written)).toEqual(["name", "namespace", "uid", "resourceVersion", "labels"]);
  });

  it("says the same in protobuf", () => {
    const { metadata: decoded, ...rest } = codec.decode(version.protobuf);
    expect(decoded).toEqual({ ...metadata, resourceVersion: "42" });
    expect(rest).toMatchObject({ data: { k: "v" } });
  });

  it("makes each form once, and again after it was cooled", () => {
    const { object, json } = version;
    expect(version.object).toBe(object);
    expect(version.json).toBe(json);
    version.cool();
    expect(version.object).not.toBe(object);
    expect(version.object).toEqual(object);
  });

  it("can be seen at another revision", () => {
    expect(version.at(42)).toBe(version);
    expect(version.at(43).object.metadata?.resourceVersion).toBe("43");
  });

  it.each([0, 100, 127, 128, 300, 20_000])("takes metadata of %d more bytes", (bytes) => {
    const large = stored({ metadata: { name: "a", annotations: { a: "x".repeat(bytes) } } }, 7);
    expect(codec.decode(large.protobuf).metadata?.resourceVersion).toBe("7");
    expect(codec.decode(large.protobuf).metadata?.annotations?.["a"]).toHaveLength(bytes);
  });
});
