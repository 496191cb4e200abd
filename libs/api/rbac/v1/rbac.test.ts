import { expect, test } from "vitest";
import type { AggregationRule, PolicyRule, RoleRef, Subject } from "#proto/gen/k8s/rbac/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import { clusterrolebindings } from "./clusterrolebindings.ts";
import { clusterroles } from "./clusterroles.ts";
import { rolebindings } from "./rolebindings.ts";
import { roles } from "./roles.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

const ofRules = (rules: PolicyRule[]) => ({ metadata: { name: "r", namespace: "n" }, rules });
const whole = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };

test.each<[string, PolicyRule, string[], string[]]>([
  ["of pods", whole, [], []],
  [
    "of a path",
    { verbs: ["get"], nonResourceURLs: ["/healthz"] },
    [
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: ' +
        "namespaced rules cannot apply to non-resource URLs",
    ],
    [],
  ],
  [
    "of pods and a path",
    { ...whole, nonResourceURLs: ["/healthz"] },
    [
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: ' +
        "namespaced rules cannot apply to non-resource URLs",
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: ' +
        "rules cannot apply to both regular resources and non-resource URLs",
    ],
    [
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: ' +
        "rules cannot apply to both regular resources and non-resource URLs",
    ],
  ],
  ...[{ verbs: null as never }, {}].map((rule, index): [string, PolicyRule, string[], string[]] => {
    const errors = [
      "rules[0].verbs: Required value: verbs must contain at least one value",
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
      "rules[0].resources: Required value: resource rules must supply at least one resource",
    ];
    return [`of nothing (${index})`, rule, errors, errors];
  }),
])("a rule %s", (_, rule, inRole, inClusterRole) => {
  expect(texts(roles.validate(ofRules([rule]), facts))).toEqual(inRole);
  expect(texts(clusterroles.validate(ofRules([rule]), facts))).toEqual(inClusterRole);
});

test.each<[string, AggregationRule, unknown[]]>([
  ["by labels", { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] }, []],
  [
    "by nothing",
    {},
    [
      "aggregationRule.clusterRoleSelectors: Required value: " +
        "at least one clusterRoleSelector required if aggregationRule is non-nil",
    ],
  ],
  [
    "by what is no label",
    { clusterRoleSelectors: [{ matchLabels: { "a b": "c" } }] },
    [
      expect.stringMatching(
        /^aggregationRule.clusterRoleSelectors\[0\].matchLabels: Invalid value/,
      ),
      "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.",
    ],
  ],
])("aggregated %s", (_, aggregationRule, expected) => {
  expect(texts(clusterroles.validate({ ...ofRules([]), aggregationRule }, facts))).toEqual(
    expected,
  );
});

const group = "rbac.authorization.k8s.io";
const role: RoleRef = { apiGroup: group, kind: "ClusterRole", name: "view" };
const bindingOf = (roleRef: RoleRef, ...subjects: Subject[]) => ({
  metadata: { name: "b", namespace: "n" },
  roleRef,
  subjects,
});

test.each<[string, RoleRef, Subject[], unknown[], unknown[]?]>([
  ["to a user", role, [{ kind: "User", apiGroup: group, name: "u" }], []],
  [
    "of a role",
    { ...role, kind: "Role" },
    [],
    [],
    ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ],
  [
    "of another kind",
    { apiGroup: "apps", kind: "Some", name: "" },
    [],
    [
      `roleRef.apiGroup: Unsupported value: "apps": supported values: "${group}"`,
      'roleRef.kind: Unsupported value: "Some": supported values: "Role", "ClusterRole"',
      "roleRef.name: Required value",
    ],
    [
      `roleRef.apiGroup: Unsupported value: "apps": supported values: "${group}"`,
      'roleRef.kind: Unsupported value: "Some": supported values: "ClusterRole"',
      "roleRef.name: Required value",
    ],
  ],
  [
    "to a service account of no namespace",
    role,
    [{ kind: "ServiceAccount", name: "s" }],
    [],
    ["subjects[0].namespace: Required value"],
  ],
  [
    "to a service account that cannot be",
    role,
    [{ kind: "ServiceAccount", name: "S", namespace: "n", apiGroup: group }],
    [
      expect.stringMatching(/^subjects\[0\].name: Invalid value: "S": a lowercase RFC 1123/),
      `subjects[0].apiGroup: Unsupported value: "${group}": supported values: ""`,
    ],
  ],
  [
    "to a user of no group",
    role,
    [{ kind: "User", name: "u" }],
    [`subjects[0].apiGroup: Unsupported value: "": supported values: "${group}"`],
  ],
  [
    "to nobody",
    role,
    [{}],
    [
      "subjects[0].name: Required value",
      'subjects[0].kind: Unsupported value: "": supported values: "ServiceAccount", "User", ' +
        '"Group"',
    ],
  ],
])("bound %s", (_, roleRef, subjects, inNamespace, inCluster = inNamespace) => {
  const binding = bindingOf(roleRef, ...subjects);
  expect(texts(rolebindings.validate(binding, facts))).toEqual(inNamespace);
  expect(texts(clusterrolebindings.validate(binding, facts))).toEqual(inCluster);
});

test("a binding keeps its role", () => {
  const changed = bindingOf({ ...role, name: "edit" });
  expect(texts(rolebindings.validateUpdate?.(changed, bindingOf(role), facts))).toEqual([
    `roleRef: Invalid value: {"APIGroup":"${group}","Kind":"ClusterRole","Name":"edit"}: ` +
      "cannot change roleRef",
  ]);
});

test("groups are filled in", () => {
  const binding = bindingOf({ kind: "Role", name: "r" }, { kind: "Group", name: "g" });
  rolebindings.defaults?.(binding);
  expect(binding.roleRef.apiGroup).toBe(group);
  expect(binding.subjects).toEqual([{ kind: "Group", name: "g", apiGroup: group }]);
});

test("rows", () => {
  const binding = bindingOf(
    role,
    { kind: "User", name: "u" },
    { kind: "User", name: "v" },
    { kind: "ServiceAccount", name: "s", namespace: "n" },
  );
  const row = rolebindings.printColumns.map(({ cell }) => cell(binding, 0));
  expect(row).toEqual(["b", "ClusterRole/view", "<unknown>", "u, v", "", "n/s"]);
});
