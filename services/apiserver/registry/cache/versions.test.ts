import { describe, expect, it } from "vitest";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { VersionIndex } from "./versions.ts";
import { StoredVersion } from "./version.ts";

const definition = {} as ResourceDefinition;
const version = (namespace: string, name: string, revision = 1) =>
  new StoredVersion(definition, { namespace, name }, new Uint8Array(revision), revision);
const names = (versions: Iterable<StoredVersion>) =>
  [...versions].map(({ namespace, name }) => `${namespace}/${name}`);

describe("index", () => {
  it("keeps key order whatever the order of arrival", () => {
    const index = new VersionIndex();
    for (const key of ["b/2", "a/9", "b/1", "a/10", "b/3", "a/1"]) {
      const [namespace = "", name = ""] = key.split("/");
      index.set(version(namespace, name));
    }
    expect(names(index.values())).toEqual(["a/1", "a/10", "a/9", "b/1", "b/2", "b/3"]);
    expect(names(index.values("b"))).toEqual(["b/1", "b/2", "b/3"]);
    expect(names(index.values("c"))).toEqual([]);
  });

  it("replaces, deletes and counts", () => {
    const index = new VersionIndex();
    index.set(version("a", "1"));
    index.set(version("a", "1", 2));
    index.set(version("a", "2"));
    expect(index.size).toBe(2);
    expect(index.bytes).toBe(3);
    expect(index.get("a", "1")?.revision).toBe(2);
    index.delete("a", "1");
    index.delete("a", "1");
    index.delete("x", "1");
    expect(index.size).toBe(1);
    expect(index.bytes).toBe(1);
    expect(names(index.values())).toEqual(["a/2"]);
  });
});
