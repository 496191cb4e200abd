import { describe, expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { Cache, keyOf, splitKey } from "./cache.ts";

const pod = (name: string, resourceVersion: string, nodeName?: string): Pod => ({
  metadata: { namespace: "default", name, resourceVersion },
  ...(nodeName ? { spec: { nodeName } } : {}),
});
const byNode = ({ spec }: Pod) => (spec?.nodeName ? [spec.nodeName] : []);
const names = (pods: Iterable<Pod>) => [...pods].map(({ metadata }) => metadata?.name);

describe("keys", () => {
  test.each([
    ["a", "b", "a/b"],
    ["", "node.1", "node.1"],
  ])("%j and %j", (namespace, name, key) => {
    expect(keyOf({ metadata: { ...(namespace ? { namespace } : {}), name } })).toBe(key);
    expect(splitKey(key)).toEqual({ namespace, name });
  });
});

describe("a cache", () => {
  test("tells new from changed", () => {
    const cache = new Cache<Pod>();
    const [first, second] = [pod("a", "1"), pod("a", "2")];
    expect(cache.put(first)).toEqual({ type: "added", object: first });
    expect(cache.put(second)).toEqual({ type: "updated", object: second, old: first });
    expect(cache.remove("default/a")).toEqual({ type: "deleted", object: second });
    expect(cache.remove("default/a")).toBeUndefined();
  });

  test("keeps its indexes", () => {
    const cache = new Cache<Pod>();
    cache.put(pod("a", "1"));
    cache.put(pod("b", "2", "n1"));
    cache.addIndex("node", byNode);
    expect(names(cache.byIndex("node", "n1"))).toEqual(["b"]);
    cache.put(pod("a", "3", "n1"));
    cache.put(pod("b", "4", "n2"));
    expect(names(cache.byIndex("node", "n1"))).toEqual(["a"]);
    cache.remove("default/a");
    expect(names(cache.byIndex("node", "n1"))).toEqual([]);
    expect(() => cache.byIndex("zone", "x")).toThrow("no index zone");
  });

  test("replaced as a whole tells only what differs", () => {
    const cache = new Cache<Pod>();
    cache.put(pod("same", "1"));
    cache.put(pod("changed", "2"));
    cache.put(pod("gone", "3"));
    const notices = cache.replace([pod("same", "1"), pod("changed", "5"), pod("new", "6")]);
    expect(notices.map(({ type, object }) => [type, object.metadata?.name])).toEqual([
      ["updated", "changed"],
      ["added", "new"],
      ["deleted", "gone"],
    ]);
    expect(cache.size).toBe(3);
  });
});
