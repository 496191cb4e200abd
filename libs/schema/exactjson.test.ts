import { describe, expect, test } from "vitest";
import { codecOf, exactCodecOf } from "./codec.ts";
import { exactInteger, exactText, isInt64, parseExact } from "./exactjson.ts";
import { FieldTypeError } from "./read/error.ts";
import { readObject } from "./read/object.ts";
import { schemaOf } from "./schemas.ts";

describe("integers of a text", () => {
  test.each([
    ["1", 1],
    ["-0", -0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["9223372036854775808", 9223372036854775808n],
    ["1e30", 1e30],
    ["9007199254740993.5", Number("9007199254740993.5")],
    ['"9007199254740993"', "9007199254740993"],
    ["0.1234567890123456789", Number("0.1234567890123456789")],
  ])("%s", (text, value) => {
    expect(parseExact(text)).toBe(value);
    expect(parseExact(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });

  test("are written as they were read", () => {
    const text = '{"a":9007199254740993,"b":[-9223372036854775808,1.5],"__proto__":{"c":1}}';
    const value = parseExact(text);
    expect(exactText(value)).toBe(text);
    expect(exactText({ a: 2n ** 60n }, 2)).toBe('{\n  "a": 1152921504606846976\n}');
    expect(({} as { c?: number }).c).toBeUndefined();
  });

  test("what JSON cannot hold is still an error", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(() => exactText(circle)).toThrow(TypeError);
    expect(() => parseExact('{"a":12345678901234567890,}')).toThrow(SyntaxError);
    expect(exactText(undefined)).toBe("null");
  });
});

test.each([
  ["12", 12],
  ["9007199254740992", 9007199254740992n],
])("%s is %s", (digits, value) => {
  expect(exactInteger(digits)).toBe(value);
});

test.each([
  [2 ** 40, true],
  [2n ** 63n - 1n, true],
  [-(2n ** 63n), true],
  [2n ** 63n, false],
])("%s is an int64: %s", (value, expected) => {
  expect(isInt64(value)).toBe(expected);
});

describe("fields of 64 bits", () => {
  const name = "k8s.core.v1.PodSpec";
  const read = (seconds: unknown) =>
    readObject(schemaOf(name), { terminationGracePeriodSeconds: seconds, containers: [] }).object;

  test.each([9007199254740993n, -9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n), 5])(
    "keep %s through protobuf",
    (seconds) => {
      const object = read(seconds);
      expect(object["terminationGracePeriodSeconds"]).toBe(seconds);
      const bytes = exactCodecOf<typeof object>(name).encode(object);
      const exact = exactCodecOf<typeof object>(name).decode(bytes);
      expect(exact["terminationGracePeriodSeconds"]).toBe(seconds);
      // Whoever reckons with it gets a number.
      const rounded = codecOf<typeof object>(name).decode(bytes);
      expect(rounded["terminationGracePeriodSeconds"]).toBe(Number(seconds));
    },
  );

  test("refuse more, in Go's words", () => {
    expect(() => read(2n ** 63n)).toThrow(
      new FieldTypeError(
        "json: cannot unmarshal number 9223372036854775808 into Go struct field " +
          "PodSpec.terminationGracePeriodSeconds of type int64",
      ),
    );
    const small = { hostname: "h", containers: [{ ports: [{ containerPort: 2n ** 60n }] }] };
    expect(() => readObject(schemaOf(name), small)).toThrow(/number 1152921504606846976 .* int32$/);
  });

  test("quantities keep their digits", () => {
    const limits = { "example.com/foo": 9007199254740993n };
    const { object } = readObject(schemaOf("k8s.core.v1.ResourceRequirements"), { limits });
    expect(object).toEqual({ limits: { "example.com/foo": "9007199254740993" } });
  });
});
