import { describe, expect, it } from "vitest";
import {
  configKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  generateName,
  labelValueErrors,
  nameLetters,
  namePrefixErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
} from "./names.ts";

type Rule = (value: string) => string[];

const accepted: readonly [rule: Rule, values: readonly string[]][] = [
  [dns1123LabelErrors, ["a", "a-b", "0", "x".repeat(63)]],
  [dns1123SubdomainErrors, ["a", "a.b", "0.1-2", "x".repeat(253)]],
  [dns1035LabelErrors, ["a", "a1-b"]],
  [qualifiedNameErrors, ["a", "A_b.c", "example.com/a", "x".repeat(63)]],
  [labelValueErrors, ["", "a", "A.b_c-1"]],
  [configKeyErrors, ["a", ".a", "A_b-c.d"]],
  [pathSegmentErrors, ["a", "...", "a:b"]],
];

const refused: readonly [rule: Rule, value: string, errors: readonly RegExp[]][] = [
  [dns1123LabelErrors, "a.b", [/^must not contain dots$/]],
  [dns1123LabelErrors, "A", [/^a lowercase RFC 1123 label must consist/]],
  [dns1123LabelErrors, "x".repeat(64), [/^must be no more than 63 characters$/]],
  [dns1123SubdomainErrors, "-a", [/^a lowercase RFC 1123 subdomain must/]],
  [dns1123SubdomainErrors, "a..b", [/example\.com/]],
  [dns1035LabelErrors, "1a", [/^a DNS-1035 label must consist/]],
  [qualifiedNameErrors, "", [/^name part must be non-empty$/, /^name part must consist/]],
  [qualifiedNameErrors, "a/b/c", [/^a valid label key must consist.*example\.com\/MyName'\)$/]],
  [qualifiedNameErrors, "/a", [/^prefix part must be non-empty$/]],
  [qualifiedNameErrors, "A/a", [/^prefix part a lowercase RFC 1123 subdomain/]],
  [qualifiedNameErrors, "x".repeat(64), [/^name part must be no more than 63 bytes$/]],
  [labelValueErrors, "b c", [/^a valid label must be an empty string or consist/]],
  [configKeyErrors, "..", [/^must not be '\.\.'$/]],
  [configKeyErrors, "..a", [/^must not start with '\.\.'$/]],
  [pathSegmentErrors, "..", [/^may not be '\.\.'$/]],
  [pathSegmentErrors, "a/b%", [/^may not contain '\/'$/, /^may not contain '%'$/]],
];

describe("names", () => {
  it.each(accepted)("%o accepts %j", (rule, values) => {
    for (const value of values) expect(rule(value)).toEqual([]);
  });

  it.each(refused)("%o refuses %j", (rule, value, errors) => {
    const found = rule(value);
    expect(found).toHaveLength(errors.length);
    errors.forEach((error, index) => expect(found[index]).toMatch(error));
  });

  it("a prefix may end with a dash", () => {
    expect(namePrefixErrors("dnsSubdomain", "web-")).toEqual([]);
    expect(namePrefixErrors("dnsSubdomain", "-")).toHaveLength(1);
    expect(namePrefixErrors("pathSegment", "..")).toEqual([]);
  });

  it("generated ones have five letters and at most 63 characters", () => {
    expect(generateName("web-", () => 0)).toBe("web-bbbbb");
    expect(generateName("web-", () => 0.999)).toBe(`web-${nameLetters.at(-1)?.repeat(5)}`);
    expect(generateName("x".repeat(100), () => 0)).toHaveLength(63);
    expect(nameLetters).toHaveLength(27);
  });
});
