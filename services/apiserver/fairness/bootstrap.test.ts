import { expect, test } from "vitest";
import { fieldErrorText } from "#libs/api/errors.ts";
import { autoUpdateAnnotation } from "#libs/api/flowcontrol/v1/bootstrap.ts";
import { resources } from "#libs/api/index.ts";
import { keyOf } from "../registry/caches.ts";
import { flowControlObjects, isRetired, revise } from "./bootstrap.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;
const schemas = "flowschemas.flowcontrol.apiserver.k8s.io";

test.each(flowControlObjects.map((one) => [one.object.metadata?.name, one] as const))(
  "%s is valid and stays as it is",
  (_, { resource, object, revise: again }) => {
    const definition = resources.find((candidate) => keyOf(candidate) === resource);
    const draft = structuredClone(object);
    definition?.defaults?.(draft);
    expect(draft).toEqual(object);
    expect(definition?.validate(draft, facts).map(fieldErrorText)).toEqual([]);
    expect(again?.({ ...draft, metadata: { ...draft.metadata, generation: 1 } })).toBeUndefined();
  },
);

const wanted = { kind: "FlowSchema", metadata: { name: "x" }, spec: { matchingPrecedence: 1 } };
const other = { matchingPrecedence: 2 };
const annotationsOf = (said: string | undefined): Record<string, string> =>
  said === undefined ? {} : { [autoUpdateAnnotation]: said };
const found = (said: string | undefined, generation: number, spec: object = other) => ({
  kind: "FlowSchema",
  metadata: {
    name: "x",
    generation,
    annotations: annotationsOf(said),
  },
  spec,
});

test.each([
  [
    "a mandatory one that was changed",
    "mandatory",
    found("true", 2),
    found("true", 3, wanted.spec),
  ],
  [
    "a mandatory one whatever it says",
    "mandatory",
    found("false", 2),
    found("true", 3, wanted.spec),
  ],
  ["a suggested one that follows", "suggested", found("true", 2), found("true", 3, wanted.spec)],
  ["a suggested one of somebody's own", "suggested", found("false", 2), undefined],
  [
    "one that says nothing and was never changed",
    "suggested",
    found(undefined, 1),
    found("true", 2, wanted.spec),
  ],
  ["one that says nothing and was changed", "suggested", found(undefined, 4), found("false", 4)],
  ["one that says nothing clear", "suggested", found("perhaps", 4), found("false", 4)],
  ["one that is right", "suggested", found("t", 1, wanted.spec), undefined],
] as const)("%s", (_, keeping, current, expected) => {
  expect(revise(current, wanted, keeping)).toEqual(expected);
});

test("how much exempt requests count may be said", () => {
  const spec = (shares: number) => ({
    type: "Exempt",
    exempt: { nominalConcurrencyShares: shares },
  });
  const level = { kind: "PriorityLevelConfiguration", metadata: { name: "exempt" }, spec: spec(0) };
  const metadata = { name: "exempt", annotations: { [autoUpdateAnnotation]: "true" } };
  expect(revise({ ...level, metadata, spec: spec(5) }, level, "mandatory")).toBeUndefined();
});

test.each([
  ["probes", "true", false],
  ["gone", "true", true],
  ["gone", "false", false],
  ["gone", undefined, false],
])("%s that says %s goes: %s", (name, said, expected) => {
  const annotations = annotationsOf(said);
  expect(isRetired(schemas, { metadata: { name, annotations } })).toBe(expected);
});
