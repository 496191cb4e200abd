import { describe, expect, test } from "vitest";
import { decodeObject, summary } from "./decode.ts";
import { JsonSyntaxError, parseJson } from "./json.ts";
import { bodyEncoding } from "./media-type.ts";
import { decodePatch, patchType } from "./patch.ts";
import { parseYaml, plainValue, YamlSyntaxError } from "./yaml.ts";

const messageOf = (attempt: () => unknown): string => {
  try {
    attempt();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("JSON", () => {
  test.each([
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a":1} trailing', "invalid character 't' after top-level value"],
    ["apiVersion: v1", "invalid character 'a' looking for beginning of value"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ["01", "invalid character '1' after top-level value"],
    ["1.", "unexpected end of JSON input"],
    ["-a", "invalid character 'a' in numeric literal"],
    ["[".repeat(5000), "exceeded max depth"],
  ])("%j: %s", (text, expected) => {
    expect(messageOf(() => parseJson(text))).toBe(expected);
    expect(() => parseJson(text)).toThrow(JsonSyntaxError);
  });

  test("repeated keys are named by their path, in the order of the text", () => {
    const text = '{"a":{"b":[{"c":1,"c":2}]},"a":{},"d":{"e":1,"e":2}}';
    expect(parseJson(text).duplicates).toEqual(["a.b[0].c", "a", "d.e"]);
  });
});

describe("YAML", () => {
  test.each([
    ["yes", true],
    ["n", false],
    ["off", false],
    ["~", null],
    ["", null],
    ["0644", 420],
    ["0x1f", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["08", 8],
    ["1.5e3", 1500],
    [".5", 0.5],
    ["1.2.3", "1.2.3"],
    ["2001-01-01", "2001-01-01"],
    ["10:30", "10:30"],
    ["-", "-"],
    ["text", "text"],
  ])("plain %j is %j", (text, expected) => {
    expect(plainValue(text)).toBe(expected);
  });

  test.each([
    ["a: b: c", "yaml: mapping values are not allowed in this context"],
    ['{"kind":', "yaml: line 1: did not find expected node content"],
    ["a: *nobody", "yaml: unknown anchor 'nobody' referenced"],
    ["? {a: 1}\n: b\n", "yaml: unsupported map key"],
  ])("%j: %s", (text, expected) => {
    expect(messageOf(() => parseYaml(text))).toBe(expected);
    expect(() => parseYaml(text)).toThrow(YamlSyntaxError);
  });

  test("the first document counts; anchors, merges and odd keys work", () => {
    const text = "a: &x {k: 1}\nb: {<<: *x, l: 2}\nyes: 1\n__proto__: 3\n---\nc: 1\n";
    const { value } = parseYaml(text);
    expect(JSON.stringify(value)).toBe('{"a":{"k":1},"b":{"l":2,"k":1},"true":1,"__proto__":3}');
  });

  test("aliases cannot blow up", () => {
    const lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 9; level += 1) {
      const alias = `*a${level - 1}`;
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => alias).join(",")}]`);
    }
    expect(messageOf(() => parseYaml(lines.join("\n")))).toContain("excessive aliasing");
  });

  test("many lines are no aliases, and their duplicates are found by line", () => {
    const list = `l:\n${"- a\n".repeat(200_000)}`;
    expect((parseYaml(list).value as { l: unknown[] }).l).toHaveLength(200_000);
    const few = ["x: &x [1, 2]", ...Array.from({ length: 90 }, (_, index) => `k${index}: *x`)];
    expect(Object.keys(parseYaml(few.join("\n")).value as object)).toHaveLength(91);
    const { duplicates } = parseYaml("a: 1\nb:\n  c: 1\n  c: 2\na: 2\na: 3\n");
    expect(duplicates).toEqual([
      'line 4: key "c" already set in map',
      'line 5: key "a" already set in map',
      'line 6: key "a" already set in map',
    ]);
  });

  test("repeated keys name their line", () => {
    expect(parseYaml("a: 1\nb:\n  c: 1\n  c: 2\n").duplicates).toEqual([
      'line 4: key "c" already set in map',
    ]);
  });
});

const configMap = { group: "", version: "v1", kind: "ConfigMap" };
const bytes = (text: string) => Buffer.from(text);

describe("objects", () => {
  test("without type are of the expected one", () => {
    const { value } = decodeObject(bytes("{}"), "json", configMap);
    expect(value).toEqual({ apiVersion: "v1", kind: "ConfigMap" });
  });

  test.each([
    [
      '{"kind":"Secret","apiVersion":"v1"}',
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to ' +
        "(core.ConfigMap): unknown conversion",
    ],
    [
      '{"kind":"ConfigMap","apiVersion":"apps/v1"}',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is ' +
        'registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      "[]",
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get " +
        "version/kind; json parse error: json: cannot unmarshal array into Go value of type " +
        'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string ' +
        '"json:\\"kind,omitempty\\"" } (5b5d)',
    ],
  ])("%s", (text, expected) => {
    const error = messageOf(() => decodeObject(bytes(text), "json", configMap));
    expect(error).toBe(expected);
  });

  test("that are no protobuf are refused", () => {
    expect(messageOf(() => decodeObject(bytes("xx"), "protobuf", configMap))).toContain(
      "does not appear to be a protobuf message, expected prefix [107 56 115 0] (7878)",
    );
    const broken = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 0xff, 0x01])]);
    expect(messageOf(() => decodeObject(broken, "protobuf", configMap))).toContain("unrecognized");
  });

  test.each([
    ["", "<empty>"],
    ["[]", "5b5d"],
    [`{${"x".repeat(40)}`, `{${"x".repeat(29)} ...`],
  ])("%j is summed up as %s", (text, expected) => {
    expect(summary(bytes(text))).toBe(expected);
  });
});

describe("patches", () => {
  test.each([
    ["application/json-patch+json", "", "error decoding patch: unexpected end of JSON input"],
    [
      "application/json-patch+json",
      "{}",
      "error decoding patch: json: cannot unmarshal object into Go value of type " +
        "[]handlers.jsonPatchOp",
    ],
    ["application/merge-patch+json", "{", "error decoding patch: unexpected end of JSON input"],
    ["application/strategic-merge-patch+json", "", "unexpected end of JSON input"],
    [
      "application/strategic-merge-patch+json",
      "[1]",
      "json: cannot unmarshal array into Go value of type map[string]interface {}",
    ],
    [
      "application/apply-patch+yaml",
      "[1]",
      "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot " +
        "unmarshal array into Go value of type map[string]interface {}",
    ],
    [
      "application/apply-patch+yaml",
      "a: b: c",
      "error decoding YAML: error converting YAML to JSON: yaml: mapping values are not " +
        "allowed in this context",
    ],
  ])("%s of %j", (type, text, expected) => {
    expect(messageOf(() => decodePatch(bytes(text), patchType(type)))).toBe(expected);
  });

  test("and bodies of other types are 415", () => {
    for (const attempt of [() => patchType("application/json"), () => bodyEncoding("text/plain")]) {
      expect(attempt).toThrow(/the body of the request was in an unknown format/);
    }
  });
});
