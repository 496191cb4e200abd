import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Descriptor } from "#libs/schema/descriptor.ts";
import { ensureGenerated } from "./generate.ts";

let proto: string;

beforeEach(() => {
  proto = mkdtempSync(join(tmpdir(), "kubus-codegen-"));
});
afterEach(() => rmSync(proto, { recursive: true }));

function writeProto(path: string, text: string): void {
  mkdirSync(join(proto, path, ".."), { recursive: true });
  writeFileSync(join(proto, path), `syntax = "proto3";\n${text}`);
}

const optionsProto = readFileSync(
  join(import.meta.dirname, "..", "..", "proto", "k8s", "schema", "options.proto"),
  "utf8",
).replace(/^syntax.*\n/, "");

const generated = (path: string) => readFileSync(join(proto, "gen", path), "utf8");

describe("what is generated", () => {
  beforeEach(() => writeProto("k8s/schema/options.proto", optionsProto));

  it("is made when absent or stale, and left alone when fresh", () => {
    writeProto("kubus/a/v1/a.proto", "package kubus.a.v1;\nmessage One { string text = 1; }");
    expect(ensureGenerated({ proto })).toBe(true);
    expect(ensureGenerated({ proto })).toBe(false);
    writeProto("kubus/a/v1/a.proto", "package kubus.a.v1;\nmessage Two { string text = 1; }");
    expect(ensureGenerated({ proto })).toBe(true);
    expect(generated("kubus/a/v1.ts")).toContain("interface Two");
    expect(generated("kubus/a/v1.ts")).not.toContain("interface One");
  });

  it("goes away with its proto", () => {
    writeProto("kubus/a/v1/a.proto", "package kubus.a.v1;\nmessage One {}");
    writeProto("kubus/b/v1/b.proto", "package kubus.b.v1;\nmessage One {}");
    ensureGenerated({ proto });
    rmSync(join(proto, "kubus", "b"), { recursive: true });
    ensureGenerated({ proto });
    expect(existsSync(join(proto, "gen", "kubus", "a", "v1.ts"))).toBe(true);
    expect(existsSync(join(proto, "gen", "kubus", "b", "v1.ts"))).toBe(false);
  });

  it("has types in JSON form for Kubernetes, and as they are for Kubus", () => {
    const body = `message One {
        // How many.
        optional int64 count = 1;
        repeated bytes parts = 2;
        map<string, Other> others = 3;
        Other other = 4;
      }
      message Other {}`;
    writeProto("k8s/a/v1/a.proto", `package k8s.a.v1;\n${body}`);
    writeProto("kubus/a/v1/a.proto", `package kubus.a.v1;\n${body}`);
    ensureGenerated({ proto });
    expect(generated("k8s/a/v1.ts")).toContain(
      [
        "  /** How many. */",
        "  count?: number;",
        "  parts?: string[];",
        "  others?: Record<string, Other>;",
        "  other?: Other;",
      ].join("\n"),
    );
    expect(generated("kubus/a/v1.ts")).toContain(
      [
        "  count?: number;",
        "  parts: Uint8Array[];",
        "  others: Record<string, Other>;",
        "  other?: Other;",
      ].join("\n"),
    );
  });

  it("keeps the options of fields and messages", () => {
    writeProto(
      "k8s/a/v1/a.proto",
      `package k8s.a.v1;
      option (schema.file) = {openapi_package: "io.a", group: "a.io"};
      message One {
        option (schema.message) = {type_meta: true, kind: true};
        repeated string words = 1 [(schema.field) = {list_type: "set", enum: ["a", "b"]}];
        string ref = 2 [json_name = "$ref"];
      }`,
    );
    ensureGenerated({ proto });
    const { packages, messages } = JSON.parse(generated("descriptor.json")) as Descriptor;
    expect(packages["k8s.a.v1"]).toEqual({ openapi_package: "io.a", group: "a.io" });
    expect(messages["k8s.a.v1.One"]).toEqual({
      type_meta: true,
      kind: true,
      fields: [
        {
          name: "words",
          number: 1,
          type: "string",
          list: true,
          list_type: "set",
          enum: ["a", "b"],
        },
        { name: "$ref", number: 2, type: "string" },
      ],
    });
  });
});

describe("what is refused", () => {
  beforeEach(() => writeProto("k8s/schema/options.proto", optionsProto));

  const other = 'import "k8s/a/v1/b.proto"; message One { Two two = 1; }';

  it.each([
    ["a type whose file is not imported", other.slice(26), "does not import k8s/a/v1/b.proto"],
    [
      "an import of nothing",
      'import "k8s/a/v1/c.proto"; message One {}',
      "k8s/a/v1/c.proto in vain",
    ],
    ["imports in a circle", other, "imports run in a circle: k8s/a/v1/a.proto"],
  ])("%s", (_, body, message) => {
    writeProto("k8s/a/v1/a.proto", `package k8s.a.v1;\n${body}`);
    const two = 'import "k8s/a/v1/a.proto"; message Two { One one = 1; }';
    writeProto("k8s/a/v1/b.proto", `package k8s.a.v1;\n${two}`);
    expect(() => ensureGenerated({ proto })).toThrow(message);
  });

  it.each([
    ["text that does not parse", "message One {", "illegal end of input"],
    ["an unknown type", "message One { Missing one = 1; }", "unknown type Missing"],
    ["a number used twice", "message One { string a = 1; string b = 1; }", "duplicate id 1"],
    [
      "a JSON name used twice",
      'message One { string a = 1; string b = 2 [json_name = "a"]; }',
      "name a is used twice",
    ],
    [
      "an option that is not declared",
      "message One { string a = 1 [(schema.field) = {alwys: true}]; }",
      "unknown option alwys",
    ],
    ["a map with other keys", "message One { map<int32, string> a = 1; }", "must be strings"],
  ])("%s", (_, body, message) => {
    writeProto("k8s/a/v1/a.proto", `package k8s.a.v1;\n${body}`);
    expect(() => ensureGenerated({ proto })).toThrow(message);
    expect(existsSync(join(proto, "gen"))).toBe(false);
  });
});
