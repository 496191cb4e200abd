import { expect, test } from "vitest";
import type { RuleWithOperations, Validation } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { KubeObject, ResourceDefinition } from "../../resource.ts";
import { fieldErrorText } from "../../errors.ts";
import { webhookUrlField } from "../../validation/webhooks.ts";
import { mutatingadmissionpolicies } from "./mutatingadmissionpolicies.ts";
import { mutatingadmissionpolicybindings } from "./mutatingadmissionpolicybindings.ts";
import { mutatingwebhookconfigurations } from "./mutatingwebhookconfigurations.ts";
import { paramRefText } from "./params.ts";
import { validatingadmissionpolicies } from "./validatingadmissionpolicies.ts";
import { validatingadmissionpolicybindings } from "./validatingadmissionpolicybindings.ts";
import { validatingwebhookconfigurations } from "./validatingwebhookconfigurations.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;

type Fields = Record<string, unknown>;

function defaulted<T extends KubeObject>(definition: ResourceDefinition<T>, fields: Fields): T {
  const draft = structuredClone({ metadata: { name: "x" }, ...fields }) as unknown as T;
  definition.defaults?.(draft);
  return draft;
}

function created<T extends KubeObject>(definition: ResourceDefinition<T>, fields: Fields) {
  return definition.validate(defaulted(definition, fields), facts).map(fieldErrorText);
}

function updated<T extends KubeObject>(
  definition: ResourceDefinition<T>,
  before: Fields,
  after: Fields,
) {
  const old = defaulted(definition, before);
  const draft = defaulted(definition, after);
  return (definition.validateUpdate?.(draft, old, facts) ?? []).map(fieldErrorText);
}

const rule: RuleWithOperations = {
  operations: ["CREATE"],
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["pods"],
};
const webhook = {
  name: "a.b.c",
  clientConfig: { url: "https://x" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const hooks = (fields: Fields) => ({ webhooks: [{ ...webhook, ...fields }] });
const form = "; desired format: https://host[/path]";

test.each<[string, Fields, unknown[]]>([
  ["all in order", {}, []],
  ["no name", { name: "" }, ["webhooks[0].name: Required value"]],
  [
    "a short name",
    { name: "a.b" },
    [
      'webhooks[0].name: Invalid value: "a.b": ' +
        "should be a domain with at least three segments separated by dots",
    ],
  ],
  [
    "no side effects said",
    { sideEffects: null },
    ["webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"],
  ],
  [
    "a path without a slash",
    { clientConfig: { service: { namespace: "n", name: "s", path: "A/b" } } },
    [
      "webhooks[0].clientConfig.service.path: Invalid value: \"A/b\": must start with a '/'",
      // What follows the first character is looked at as if that were the slash.
      'webhooks[0].clientConfig.service.path: Invalid value: "A/b": segment[0] may not be empty',
    ],
  ],
  [
    "too many conditions",
    {
      matchConditions: Array.from({ length: 65 }, (_, i) => ({
        name: `c${i}`,
        expression: "true",
      })),
    },
    ["webhooks[0].matchConditions: Too many: 65: must have at most 64 items"],
  ],
])("a webhook with %s", (_, fields, expected) => {
  expect(created(validatingwebhookconfigurations, hooks(fields))).toEqual(expected);
});

test.each<[string, Fields, Fields, string[]]>([
  ["keeps side effects that it has", { sideEffects: "Some" }, { sideEffects: "Unknown" }, []],
  [
    "gets no new side effects",
    {},
    { sideEffects: "Some" },
    [
      'webhooks[0].sideEffects: Unsupported value: "Some": ' +
        'supported values: "None", "NoneOnDryRun"',
    ],
  ],
  [
    "keeps versions that nobody knows",
    { admissionReviewVersions: ["v9"] },
    { admissionReviewVersions: ["v8"] },
    [],
  ],
  [
    "keeps conditions that do not compile",
    { matchConditions: [{ name: "c", expression: "nope" }] },
    { timeoutSeconds: 3, matchConditions: [{ name: "c", expression: "nope" }] },
    [],
  ],
])("a changed webhook %s", (_, before, after, expected) => {
  expect(updated(mutatingwebhookconfigurations, hooks(before), hooks(after))).toEqual(expected);
});

test("a changed webhook is counted", () => {
  const old = { ...defaulted(mutatingwebhookconfigurations, hooks({})) };
  old.metadata = { name: "x", generation: 4 };
  const draft = defaulted(mutatingwebhookconfigurations, hooks({ timeoutSeconds: 3 }));
  mutatingwebhookconfigurations.prepareForUpdate?.(draft, old, facts);
  expect(draft.metadata?.generation).toBe(5);
});

test.each<[string, string[]]>([
  ["https://h/p", []],
  ["https://[::1]:8443/p", []],
  ["http://h", [`u: Invalid value: "http": 'https' is the only allowed URL scheme${form}`]],
  [
    "/p",
    [
      `u: Invalid value: "": 'https' is the only allowed URL scheme${form}`,
      `u: Invalid value: "": host must be specified${form}`,
    ],
  ],
  ["https://u:p@h", ['u: Invalid value: "u:p": user information is not permitted in the URL']],
  [
    ":x",
    [`u: Required value: url must be a valid URL: parse ":x": missing protocol scheme${form}`],
  ],
  [
    "https://h/%zz",
    [
      'u: Required value: url must be a valid URL: parse "https://h/%zz": ' +
        `invalid URL escape "%zz"${form}`,
    ],
  ],
  [
    "https://h:x/",
    [
      'u: Required value: url must be a valid URL: parse "https://h:x/": ' +
        `invalid port ":x" after host${form}`,
    ],
  ],
])("the URL %s", (url, expected) => {
  expect(webhookUrlField("u", url).map(fieldErrorText)).toEqual(expected);
});

const policySpec = (fields: Fields) => ({
  spec: {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: "true" }],
    ...fields,
  },
});
const validations = (...all: Validation[]) => ({ validations: all });

test.each<[string, Fields, unknown[]]>([
  ["all in order", {}, []],
  [
    "no version of its parameters",
    { paramKind: { apiVersion: "a.b/", kind: "C" } },
    ['spec.paramKind.apiVersion: Invalid value: "a.b/": version must be specified'],
  ],
  [
    "blank texts",
    validations({ expression: " ", message: " ", messageExpression: " " }),
    [
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: " ": must be non-empty if specified',
    ],
  ],
  [
    "a variable that is used before it is there",
    {
      variables: [
        { name: "a", expression: "variables.b" },
        { name: "b", expression: "1" },
      ],
    },
    [expect.stringContaining("undefined field 'b'")],
  ],
  [
    "a variable that expressions cannot call",
    { variables: [{ name: "if", expression: "1" }] },
    ['spec.variables[0].name: Invalid value: "if": must be a valid CEL identifier'],
  ],
  [
    "the same annotation twice",
    {
      auditAnnotations: [
        { key: "k", valueExpression: "'v'" },
        { key: "k", valueExpression: "" },
      ],
    },
    [
      "spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified",
      'spec.auditAnnotations[1].key: Duplicate value: "k"',
    ],
  ],
  [
    "a long annotation",
    { auditAnnotations: [{ key: "k", valueExpression: "1".repeat(5121) }] },
    [
      "spec.auditAnnotations[0].valueExpression: Required value: " +
        "must not exceed 5120 bytes in length",
    ],
  ],
])("a policy with %s", (_, fields, expected) => {
  expect(created(validatingadmissionpolicies, policySpec(fields))).toEqual(expected);
});

test("conditions that nothing touched stay, even those that do not compile", () => {
  const before = policySpec({ matchConditions: [{ name: "c", expression: "nope" }] });
  const after = structuredClone(before);
  expect(updated(validatingadmissionpolicies, before, after)).toEqual([]);
  expect(created(validatingadmissionpolicies, before)).toHaveLength(1);
});

test.each<[string, Fields, string[]]>([
  [
    "a warning about nothing",
    { typeChecking: { expressionWarnings: [{}] } },
    [
      "status.typeChecking.expressionWarnings[0].warning: Required value",
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    ],
  ],
  [
    "a condition that says little",
    { conditions: [{ type: "A", status: "Yes" }] },
    [
      'status.conditions[0].status: Unsupported value: "Yes": ' +
        'supported values: "False", "True", "Unknown"',
      "status.conditions[0].lastTransitionTime: Required value",
      "status.conditions[0].reason: Required value",
    ],
  ],
])("a policy's status with %s", (_, status, expected) => {
  const part = validatingadmissionpolicies.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  const draft = { status } as never;
  expect(part.validateUpdate?.(draft, {}, facts).map(fieldErrorText)).toEqual(expected);
});

test("a mutating policy does not wait for deletes", () => {
  const spec = {
    matchConstraints: { resourceRules: [{ ...rule, operations: ["DELETE"] }] },
    mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: "[JSONPatch{op: 'test'}]" } }],
    reinvocationPolicy: "Never",
  };
  const path = "spec.matchConstraints.resourceRules.operations";
  const words = 'supported values: "*", "CONNECT", "CREATE", "UPDATE"';
  expect(created(mutatingadmissionpolicies, { spec })).toEqual([
    `${path}: Unsupported value: "DELETE": ${words}`,
  ]);
});

test.each<[string, Fields, string[]]>([
  [
    "both name and selector",
    { paramRef: { name: "n", selector: {}, parameterNotFoundAction: "Deny" } },
    [
      "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
      "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
    ],
  ],
  [
    "neither name nor selector nor what to do without",
    { paramRef: {} },
    [
      "spec.paramRef: Required value: one of name or selector must be specified",
      "spec.paramRef.parameterNotFoundAction: Required value",
    ],
  ],
])("a binding with %s", (_, fields, expected) => {
  const spec = { policyName: "p", ...fields };
  expect(created(mutatingadmissionpolicybindings, { spec })).toEqual(expected);
  const actions = { validationActions: ["Deny"] };
  expect(created(validatingadmissionpolicybindings, { spec: { ...spec, ...actions } })).toEqual(
    expected,
  );
});

test.each([
  [undefined, "<unset>"],
  [{ name: "n" }, "*/n"],
  [{ name: "n", namespace: "a" }, "a/n"],
  [
    {
      selector: {
        matchLabels: { b: "2", a: "1" },
        matchExpressions: [{ key: "k", operator: "In", values: ["x", "y"] }],
      },
    },
    "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:" +
      "[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}",
  ],
])("parameters %j are shown as %s", (ref, expected) => {
  expect(paramRefText(ref)).toBe(expected);
});

test("names of what is configured in files are warned of", () => {
  const named = { metadata: { name: "x.static.k8s.io" } };
  expect(validatingwebhookconfigurations.warnings?.(named, undefined)).toHaveLength(1);
});
