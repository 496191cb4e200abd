import { describe, expect, test } from "vitest";
import { dyn, formatType, int, listOf, objectOf, string } from "./celtype.ts";
import { compile, kubernetes } from "./compile.ts";
import { authorizer, authorizerValue } from "./functions/authorizer.ts";
import { fromJson, type Json, toJson } from "./values/json.ts";
import { CelError, type Value } from "./values/value.ts";

const fields = new Map([
  ["s", { type: string }],
  ["n", { type: int }],
  ["l", { type: listOf(string) }],
  ["__namespace__", { type: string, property: "namespace" }],
]);
const environment = kubernetes
  .withTypes({ fields: (name) => (name === "selfType" ? fields : undefined) })
  .withVariables({ self: objectOf("selfType"), object: dyn, authorizer });

const object = {
  metadata: { name: "bad", labels: { a: "b" } },
  spec: { replicas: 3, list: [1, 2, 3], mixed: [1, 2.5], nothing: null },
};
const self = { s: "abc", n: 4, l: ["x", "y"], namespace: "here" };

function valueOf(name: string): Value | undefined {
  switch (name) {
    case "self":
      return fromJson(self, objectOf("selfType"), environment.provider);
    case "object":
      return fromJson(object, dyn, environment.provider);
    case "authorizer":
      return authorizerValue(({ resource, verb }) => ({
        allowed: resource === "pods" && verb === "get",
        reason: "",
        error: "",
      }));
    default:
      return undefined;
  }
}

/** The value as JSON, or the error's text behind a mark. */
function evaluated(text: string, costMax?: number): Json | undefined {
  const compiled = compile(environment, text);
  if (!compiled.ok) return `fault: ${compiled.fault.text}`;
  const { value } = compiled.program.evaluate(valueOf, costMax);
  return value instanceof CelError ? `error: ${value.message}` : toJson(value);
}

const values: readonly (readonly [string, Json])[] = [
  ["1 + 2 * 3 - 4 / 2 % 2", 7],
  ["-5 + --3", -2],
  ["1u + 2u == 3u && dyn(1) == 1.0 && dyn(1u) == 1 && 1 < 1.5", true],
  ["9223372036854775807 + 1", "error: integer overflow"],
  ["1 / 0", "error: division by zero"],
  ["0x1F", 31],
  ["1.5e3", 1500],
  [String.raw`'a\n\x41\u00e9\101' + r'\n'`, "a\nAéA\\n"],
  [String.raw`b'\xff'.size()`, 1],
  ["'''a'b'''", "a'b"],
  ["'héllo'.size()", 5],
  ["true || 1 / 0 == 1", true],
  ["1 / 0 == 1 || true", true],
  ["false && 1 / 0 == 1", false],
  ["1 / 0 == 1 && true", "error: division by zero"],
  ["object.spec.replicas > 2 ? 'many' : 'few'", "many"],
  ["object.spec.nope", "error: no such key: nope"],
  ["object.spec.list[7]", "error: index out of bounds: 7"],
  ["has(object.spec.nope) || has(object.spec.replicas)", true],
  ["object.spec.nothing == null", true],
  ["object.?spec.?nope.orValue(5)", 5],
  ["object.?spec.replicas.optMap(n, n + 1).value()", 4],
  ["object.spec.list[?9].hasValue()", false],
  ["{'a': 1, ?'b': optional.none(), ?'c': optional.of(3)}", { a: 1, c: 3 }],
  ["[1, ?optional.none(), 2]", [1, 2]],
  ["object.spec.list.map(x, x * 2)", [2, 4, 6]],
  ["object.spec.list.map(x, x > 1, x * 2) + [1]", [4, 6, 1]],
  ["object.spec.list.filter(x, x % 2 == 1)", [1, 3]],
  ["object.spec.list.exists_one(x, x == 2)", true],
  ["object.spec.mixed.all(x, x > 0)", true],
  ["object.metadata.labels.exists(k, k == 'a')", true],
  ["{'a': 1}.transformMap(k, v, v + 1)", { a: 2 }],
  ["['a', 'b'].transformList(i, v, i > 0, v + string(i))", ["b1"]],
  ["{'a': 'x'}.transformMapEntry(k, v, {v: k})", { x: "a" }],
  ["{'a': 1}.all(k, v, k == 'a' && v == 1)", true],
  ["{1: 2, 1: 3}", "error: Failed with repeated key"],
  ["'k' in {'k': 1} && !(2 in [1])", true],
  ["self.__namespace__ + self.s", "hereabc"],
  ["type(1) == int && type('a') == string && type([]) == list", true],
  ["string(1) + string(1.5) + string(true) + string(b'x')", "11.5truex"],
  ["int('42') + int(1.9) + int(2u)", 45],
  ["double('1.5') == 1.5", true],
  ["int('x')", "error: type conversion error from 'string' to 'int'"],
  ["duration('1h30m').getMinutes()", 90],
  ["string(duration('1h1.5s'))", "3601.5s"],
  ["timestamp('2024-01-31T23:04:05Z').getMonth()", 0],
  ["timestamp('2024-01-31T23:04:05Z').getDate('+02:00')", 1],
  ["timestamp('2024-07-01T12:00:00Z').getHours('America/New_York')", 8],
  [
    "timestamp('2024-01-02T00:00:00Z') - duration('24h') == timestamp('2024-01-01T00:00:00Z')",
    true,
  ],
  ["'abc'.matches('^[a-c]+$')", true],
  ["'aXbX'.replace('X', '-', 1)", "a-bX"],
  ["'a,b,c'.split(',', 2)", ["a", "b,c"]],
  ["['a', 'b'].join('-')", "a-b"],
  ["'tacocat'.substring(1, 3) + 'Ab'.lowerAscii() + ' x '.trim()", "acabx"],
  ["'tacocat'.indexOf('a', 2)", 5],
  ["'abc'.substring(1, 9)", "error: index out of range: 9"],
  ["'%s is %d (%.2f) %x'.format([dyn(['a']), 5, 1.5, 255])", "[a] is 5 (1.50) ff"],
  ["'abc 123'.find('[0-9]+')", "123"],
  ["'1 2 3'.findAll('[0-9]', 2)", ["1", "2"]],
  ["[1, 3, 2].isSorted() || [1, 2].sum() == 3 && [4, 2].max() == 4", true],
  ["[].sum() == 0 && ['b', 'a'].min() == 'a'", true],
  ["sets.contains([1, 2], [2]) && sets.intersects([1], [1]) && sets.equivalent([1, 1], [1])", true],
  [
    "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('50k').add(20).asInteger() == 50020",
    true,
  ],
  ["isQuantity('1.3Zi')", false],
  [
    "cidr('10.1.0.0/16').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
    true,
  ],
  ["string(cidr('10.1.2.3/16').masked())", "10.1.0.0/16"],
  ["ip('fe80::1').isLinkLocalUnicast() && ip('8.8.8.8').isGlobalUnicast()", true],
  ["isIP('1.2.3.04') || isCIDR('1.2.3.4')", false],
  ["ip.isCanonical('::0')", false],
  ["url('https://[::1]:80/a b?k=1&k=2').getHostname()", "::1"],
  ["url('https://x/p?k=1&k=2').getQuery()", { k: ["1", "2"] }],
  ["isURL('../x')", false],
  ["!format.dns1123Label().validate('ok').hasValue()", true],
  ["format.named('nope').hasValue()", false],
  ["semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && isSemver('v1.0', true)", true],
  ["authorizer.group('').resource('pods').check('get').allowed()", true],
  ["authorizer.path('/healthz').check('get').allowed()", false],
  ["authorizer.path(' ')", "error: path must not be empty"],
];

test.each(values)("%s", (text, wanted) => {
  expect(evaluated(text)).toEqual(wanted);
});

const operand =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, " +
  "STRING, BYTES, IDENTIFIER}";

/** What cel-go says, as recorded from a real API server or as its tests have it. */
const faults: readonly (readonly [string, string])[] = [
  ["", `1:0: Syntax error: mismatched input '<EOF>' expecting ${operand}`],
  ["2 +", `1:4: Syntax error: mismatched input '<EOF>' expecting ${operand}\n | 2 +\n | ...^`],
  ["a.", "1:3: Syntax error: no viable alternative at input '.'\n | a.\n | ..^"],
  ["[1", "1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}\n | [1\n | ..^"],
  ["nope.x", "1:1: undeclared reference to 'nope' (in container '')\n | nope.x\n | ^"],
  [
    "1 > 'x'",
    "1:3: found no matching overload for '_>_' applied to '(int, string)'\n | 1 > 'x'\n | ..^",
  ],
  ["self.nope", "1:5: undefined field 'nope'\n | self.nope\n | ....^"],
  [
    "'a'.startsWith(1)",
    "1:15: found no matching overload for 'startsWith' applied to 'string.(int)'\n" +
      " | 'a'.startsWith(1)\n | ..............^",
  ],
  ["1 +\nnope", "2:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^"],
  ["duration('x')", "1:10: invalid duration argument\n | duration('x')\n | .........^"],
  ["'a'.matches('(')", "1:13: invalid matches argument\n | 'a'.matches('(')\n | ............^"],
  [
    "[1].all(x.y, true)",
    "1:10: argument must be a simple name\n | [1].all(x.y, true)\n | .........^",
  ],
];

test.each(faults)("%s is refused", (text, wanted) => {
  expect(evaluated(text)).toBe(`fault: ERROR: <input>:${wanted}`);
});

describe("bounds", () => {
  test("an evaluation that costs too much is cut off", () => {
    const list = `[${Array.from({ length: 100 }, () => "0").join(",")}]`;
    const loops = `${list}.all(a, ${list}.all(b, ${list}.all(c, a + b + c == 0)))`;
    expect(evaluated(loops)).toBe("error: operation cancelled: actual cost limit exceeded");
  });

  test("an expression that is nested too deep is refused", () => {
    const deep = `${"(".repeat(10_000)}1${")".repeat(10_000)}`;
    expect(evaluated(deep)).toContain("expression recursion limit exceeded: 250");
  });

  test("a pattern that others choke on ends", () => {
    expect(evaluated(`'${"a".repeat(5_000)}!'.matches('^(a+)+$')`)).toBe(false);
  });

  test("a loop over a long list is not quadratic", () => {
    const compiled = compile(environment, "object.map(x, x)");
    if (!compiled.ok) throw new Error(compiled.fault.text);
    const long = fromJson(
      Array.from({ length: 100_000 }, () => 1),
      dyn,
      environment.provider,
    );
    const { value } = compiled.program.evaluate(() => long, Infinity);
    expect(toJson(value)).toHaveLength(100_000);
  });
});

test("the type of an expression is known", () => {
  const typeOf = (text: string) => {
    const compiled = compile(environment, text);
    return compiled.ok ? formatType(compiled.program.type) : compiled.fault.text;
  };
  expect(typeOf("self.l.map(x, size(x))")).toBe("list(int)");
  expect(typeOf("self.?s")).toBe("optional_type(string)");
  expect(typeOf("object.x")).toBe("dyn");
  expect(typeOf("{'a': [1u]}")).toBe("map(string, list(uint))");
});
