import { describe, expect, test } from "vitest";
import { escapeToken, Subjects, unescapeToken } from "./subjects.ts";

describe("tokens", () => {
  test.each([
    ["pods", "pods"],
    ["kube-dns_1:a", "kube-dns_1:a"],
    ["", "_"],
    ["a.b", "a%2Eb"],
    ["*", "%2A"],
    ["a > b", "a%20%3E%20b"],
    ["100%", "100%25"],
    ["grün", "gr%C3%BCn"],
  ])("%j is %j", (text, token) => {
    expect(escapeToken(text)).toBe(token);
    expect(unescapeToken(token)).toBe(text);
  });

  test("of texts longer than any name are short, and differ as the texts do", () => {
    const long = "é".repeat(5_000);
    expect(escapeToken(long).length).toBeLessThan(800);
    expect(escapeToken(long)).toBe(escapeToken(`${long}`));
    expect(escapeToken(long)).not.toBe(escapeToken(`${long}.`));
    expect(unescapeToken(escapeToken(long))).toMatch(/^é{80}\.\.[0-9a-f]{64}$/);
    expect(escapeToken("a".repeat(253))).toBe("a".repeat(253));
  });
});

describe("subjects", () => {
  const subjects = new Subjects("kubus");
  const slice = {
    group: "discovery.k8s.io",
    resource: "endpointslices",
    namespace: "a",
    name: "b.c",
  };

  test("run from general to specific", () => {
    expect(
      subjects.api("get", { group: "", resource: "pods", namespace: "default", name: "web" }),
    ).toBe("kubus.api.v1.get.core.pods.default.web");
    expect(
      subjects.watch({ group: "", resource: "pods", namespace: "d", name: "w" }, "node-1"),
    ).toBe("kubus.watch.v1.core.pods.node-1.d.w");
    expect(subjects.watchResource("apps", "deployments")).toBe(
      "kubus.watch.v1.apps.deployments.*.*.*",
    );
    expect(subjects.watchResource("", "pods", "n.1")).toBe("kubus.watch.v1.core.pods.n%2E1.*.*");
  });

  test.each(["api", "store"] as const)("of %s are taken apart again", (area) => {
    const subject = area === "api" ? subjects.api("get", slice) : subjects.store("get", slice);
    expect(subjects.parse(subject)).toEqual({ area, verb: "get", ...slice });
  });

  test("of cached reads are the store's", () => {
    const subject = subjects.storeCached("get", slice);
    expect(subject).toMatch(/^kubus\.cached\.v1\.get\./);
    expect(subjects.parse(subject)).toEqual({ area: "store", verb: "get", ...slice });
  });

  test("of a watch are taken apart again, without the partition", () => {
    const parsed = subjects.parse(subjects.watch(slice, "node-1"));
    expect(parsed).toEqual({ area: "watch", verb: "changed", ...slice });
  });

  test.each(["kubus.head.v1", "other.api.v2.get.core.pods.a.b", "kubus.api.v1.get.core"])(
    "%s is none of them",
    (subject) => expect(subjects.parse(subject)).toBeUndefined(),
  );

  test("of a prefix with dots are taken apart too", () => {
    const dotted = new Subjects("a.b");
    expect(dotted.parse(dotted.api("list", slice))?.resource).toBe("endpointslices");
  });
});
