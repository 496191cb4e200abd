import { describe, expect, test } from "vitest";
import { deleteOptions } from "./delete.ts";
import { listOptions, watchOptions } from "./list.ts";
import { patchOptions, writeOptions } from "./write.ts";

const query = (text: string) => new URLSearchParams(text);
const refusal = (attempt: () => unknown): string => {
  try {
    attempt();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};
const listHead = 'ListOptions.meta.k8s.io "" is invalid: ';

describe("list", () => {
  test.each([
    ["limit=x", 'strconv.ParseInt: parsing "x": invalid syntax'],
    [
      "limit=99999999999999999999",
      'strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    ["timeoutSeconds=1.5", 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    [
      "resourceVersionMatch=Exact",
      `${listHead}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless ` +
        "resourceVersion is provided",
    ],
    [
      "resourceVersion=0&resourceVersionMatch=Exact",
      `${listHead}resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for ` +
        'resourceVersion "0"',
    ],
    [
      "resourceVersion=1&resourceVersionMatch=Frob",
      `${listHead}resourceVersionMatch: Unsupported value: "Frob": supported values: "Exact", ` +
        '"NotOlderThan", ""',
    ],
    [
      "sendInitialEvents=true",
      `${listHead}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`,
    ],
  ])("%s: %s", (text, expected) => {
    expect(refusal(() => listOptions(query(text)))).toBe(expected);
  });

  test("a plain one has no limit", () => {
    expect(listOptions(query("labelSelector=a%3Db"))).toMatchObject({
      labelSelector: "a=b",
      limit: 0,
    });
  });
});

describe("watch", () => {
  test.each([
    [
      "sendInitialEvents=true",
      `${listHead}resourceVersionMatch: Forbidden: sendInitialEvents requires setting ` +
        "resourceVersionMatch to NotOlderThan",
    ],
    [
      "resourceVersionMatch=Exact&resourceVersion=1",
      `${listHead}[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch ` +
        "unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: " +
        '"Exact": supported values: "NotOlderThan"]',
    ],
    [
      "continue=abc",
      `${listHead}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when ` +
        "continue is provided",
    ],
  ])("%s: %s", (text, expected) => {
    expect(refusal(() => watchOptions(query(text)))).toBe(expected);
  });

  test("takes its options", () => {
    const text =
      "sendInitialEvents=1&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true" +
      "&timeoutSeconds=7";
    expect(watchOptions(query(text))).toMatchObject({
      sendInitialEvents: true,
      allowWatchBookmarks: true,
      timeoutSeconds: 7,
    });
  });
});

describe("writes", () => {
  const head = 'CreateOptions.meta.k8s.io "" is invalid: ';
  test.each([
    ["dryRun=Some", `${head}dryRun: Unsupported value: ["Some"]: supported values: "All"`],
    ["dryRun=", `${head}dryRun: Unsupported value: [""]: supported values: "All"`],
    [
      "fieldValidation=strict",
      `${head}fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", ` +
        '"Strict", "Warn"',
    ],
    [
      "fieldManager=a%01b",
      `${head}fieldManager: Invalid value: "a\\x01b": invalid character U+0001 (at position 1)`,
    ],
    [
      `fieldManager=${"x".repeat(129)}`,
      `${head}fieldManager: Too long: may not be more than 128 bytes`,
    ],
  ])("%s: %s", (text, expected) => {
    expect(refusal(() => writeOptions(query(text), "CreateOptions"))).toBe(expected);
  });

  test("warn about odd fields unless told otherwise", () => {
    expect(writeOptions(query("dryRun=All&dryRun=All"), "UpdateOptions")).toEqual({
      dryRun: true,
      fieldValidation: "Warn",
    });
  });

  test("apply needs a manager, and only apply may force", () => {
    expect(refusal(() => patchOptions(query(""), "application/apply-patch+yaml"))).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for ' +
        "apply patch",
    );
    expect(refusal(() => patchOptions(query("force=true"), "application/merge-patch+json"))).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for ' +
        "non-apply patch",
    );
  });
});

describe("delete", () => {
  const options = (body: object | string, text = "") => {
    const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    return deleteOptions(query(text), bytes, "application/json");
  };

  test("reads the body, or the query when there is none", () => {
    const body = { kind: "DeleteOptions", apiVersion: "v9", propagationPolicy: "Orphan" };
    expect(options(body, "gracePeriodSeconds=3")).toEqual({
      dryRun: false,
      propagationPolicy: "Orphan",
    });
    expect(options("", "gracePeriodSeconds=3&dryRun=All")).toEqual({
      dryRun: true,
      gracePeriodSeconds: 3,
    });
  });

  const head = 'DeleteOptions.meta.k8s.io "" is invalid: ';
  test.each([
    [
      { kind: "Pod", apiVersion: "v1" },
      'no kind "Pod" is registered for version "v1" in scheme ' +
        '"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"',
    ],
    ['{"kind":', "couldn't get version/kind; json parse error: unexpected end of JSON input"],
    [{ dryRun: ["x"] }, `${head}dryRun: Unsupported value: ["x"]: supported values: "All"`],
    [
      { propagationPolicy: "Background", orphanDependents: true },
      `${head}propagationPolicy: Invalid value: "Background": orphanDependents and ` +
        "deletionPropagation cannot be both set",
    ],
    [
      { propagationPolicy: "Sometimes" },
      `${head}propagationPolicy: Unsupported value: "Sometimes": supported values: ` +
        '"Foreground", "Background", "Orphan", "nil"',
    ],
    [
      { gracePeriodSeconds: "5" },
      "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of " +
        "type int64",
    ],
  ])("%j", (body, expected) => {
    expect(refusal(() => options(body))).toBe(expected);
  });
});
