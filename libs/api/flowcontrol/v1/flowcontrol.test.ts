import { expect, test } from "vitest";
import { fieldErrorText } from "../../errors.ts";
import { flowschemas } from "./flowschemas.ts";
import { prioritylevelconfigurations } from "./prioritylevelconfigurations.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;

type Fields = Record<string, unknown>;

function schemaErrors(spec: Fields, name = "x"): string[] {
  const draft = structuredClone({ metadata: { name }, spec: { ...named, ...spec } });
  flowschemas.defaults?.(draft);
  return flowschemas.validate(draft, facts).map(fieldErrorText);
}

const named = { priorityLevelConfiguration: { name: "p" } };
const user = { kind: "User", user: { name: "u" } };
const all = { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] };
const withRule = (rule: Fields) => ({
  rules: [{ subjects: [user], resourceRules: [{ ...all, ...rule }] }],
});
const withPath = (url: string) => ({
  rules: [{ subjects: [user], nonResourceRules: [{ verbs: ["get"], nonResourceURLs: [url] }] }],
});
const urlAt = "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value";

test.each<[string, Fields, unknown[]]>([
  ["a level alone", {}, []],
  [
    "a negative precedence",
    { matchingPrecedence: -1 },
    ["spec.matchingPrecedence: Invalid value: -1: must be a positive value"],
  ],
  ["a rule for everything", withRule({}), []],
  ["cluster scope alone", withRule({ namespaces: null, clusterScope: true }), []],
  [
    "no namespace",
    withRule({ namespaces: null }),
    [
      "spec.rules[0].resourceRules[0].namespaces: Required value: " +
        "resource rules that are not cluster scoped must supply at least one namespace",
    ],
  ],
  ["a path", withPath("/a/*"), []],
  ["an empty path", withPath(""), [`${urlAt}: "": must not be empty`]],
  ["a relative path", withPath("a"), [`${urlAt}: "a": must start with slash`]],
  ["a gap", withPath("/a b"), [`${urlAt}: "/a b": must not contain white-space`]],
  ["nothing between", withPath("/a//b"), [`${urlAt}: "/a//b": must not contain double slash`]],
  ["a star amidst", withPath("/*/b"), [`${urlAt}: "/*/b": wildcard can only do suffix matching`]],
  ["half a star", withPath("/a*"), [`${urlAt}: "/a*": wildcard can only do suffix matching`]],
])("a flow schema with %s", (_, spec, expected) => {
  expect(schemaErrors(spec)).toEqual(expected);
});

test("the mandatory schemas stay as they are", () => {
  expect(schemaErrors({}, "catch-all")).toEqual([
    expect.stringMatching(/^spec: .*: spec of 'catch-all' must equal the fixed value$/),
  ]);
});

function levelErrors(spec: Fields, name = "x"): string[] {
  const draft = structuredClone({ metadata: { name }, spec });
  prioritylevelconfigurations.defaults?.(draft);
  return prioritylevelconfigurations.validate(draft, facts).map(fieldErrorText);
}

const queue = (queuing: Fields | undefined) => ({
  type: "Limited",
  limited: { limitResponse: { type: "Queue", ...(queuing ? { queuing } : {}) } },
});
const queuingAt = "spec.limited.limitResponse.queuing";

test.each<[string, Fields, string[]]>([
  ["queues", queue({}), []],
  [
    "no queues",
    queue(undefined),
    [`${queuingAt}: Required value: must not be empty if limited.limitResponse.type is Limited`],
  ],
  [
    "bad queues",
    queue({ queues: -1, handSize: -1, queueLengthLimit: -1 }),
    [
      `${queuingAt}.queueLengthLimit: Invalid value: -1: must be positive`,
      `${queuingAt}.queues: Invalid value: -1: must be positive`,
      `${queuingAt}.handSize: Invalid value: -1: must be positive`,
    ],
  ],
  [
    "no response",
    { type: "Limited", limited: {} },
    ["spec.limited.limitResponse.type: Required value"],
  ],
  ["no type", {}, ["spec.type: Required value"]],
  [
    "another type",
    { type: "Odd" },
    ['spec.type: Unsupported value: "Odd": supported values: "Exempt", "Limited"'],
  ],
])("a priority level with %s", (_, spec, expected) => {
  expect(levelErrors(spec)).toEqual(expected);
});

test("how much exempt requests count may be said", () => {
  const spec = { type: "Exempt", exempt: { nominalConcurrencyShares: 5 } };
  expect(levelErrors(spec, "exempt")).toEqual([]);
  const wrong = { type: "Exempt", exempt: { nominalConcurrencyShares: -1, lendablePercent: 101 } };
  expect(levelErrors(wrong, "exempt")).toEqual([
    "spec.exempt.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
    "spec.exempt.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
  ]);
});
