import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ClusterRole, RoleBinding } from "#proto/gen/k8s/rbac/v1.ts";
import type { Attributes } from "../authorize.ts";
import type { PolicyRule } from "../policy.ts";
import type { User } from "../user.ts";
import { rbacObjects } from "./bootstrap/objects.ts";
import { coversAll, uncovered } from "./cover.ts";
import { RbacGrants } from "./grants.ts";

const rule = (verbs: string, groups: string, resources: string, names?: string): PolicyRule => ({
  verbs: verbs.split(" "),
  apiGroups: groups.split(" ").map((group) => (group === "core" ? "" : group)),
  resources: resources.split(" "),
  ...(names === undefined ? {} : { resourceNames: names.split(" ") }),
});
const role = (name: string, namespace: string, ...rules: PolicyRule[]) =>
  ({ metadata: { name, ...(namespace === "" ? {} : { namespace }) }, rules }) as ClusterRole;
const binding = (
  name: string,
  namespace: string,
  kind: string,
  to: string,
  ...subjects: object[]
) =>
  ({
    metadata: { name, ...(namespace === "" ? {} : { namespace }) },
    roleRef: { kind, name: to },
    subjects,
  }) as RoleBinding;
const user = (name: string, ...groups: string[]): User => ({ name, groups });

const jane = { kind: "User", name: "jane" };
const grants = new RbacGrants({
  roles: [
    role("reader", "", rule("get list", "core", "pods pods/log")),
    role("reader", "ns", rule("get", "core", "secrets", "one")),
    role("all", "", rule("*", "*", "*")),
    role("paths", "", { verbs: ["get"], nonResourceURLs: ["/metrics", "/logs/*"] }),
    role("scaler", "", rule("update", "*", "*/scale")),
  ],
  bindings: [
    binding("everywhere", "", "ClusterRole", "reader", { kind: "Group", name: "devs" }),
    binding("here", "ns", "Role", "reader", jane),
    binding("reads", "ns", "ClusterRole", "reader", { kind: "ServiceAccount", name: "robot" }),
    binding("root", "", "ClusterRole", "all", { kind: "User", name: "root" }),
    binding("metrics", "", "ClusterRole", "paths", jane),
    binding("scales", "ns", "ClusterRole", "scaler", jane),
    binding("nothing", "ns", "Role", "missing", jane),
  ],
});

const ask = (who: User, verb: string, resource: string, more: Partial<Attributes> = {}) =>
  grants.allows({
    user: who,
    verb,
    resourceRequest: true,
    group: "",
    version: "v1",
    resource,
    subresource: "",
    namespace: "ns",
    name: "x",
    path: "",
    ...more,
  }) !== undefined;

test.each<[string, boolean, boolean]>([
  ["a group in any namespace", ask(user("x", "devs"), "get", "pods", { namespace: "o" }), true],
  ["not another verb", ask(user("x", "devs"), "delete", "pods"), false],
  ["a subresource", ask(user("x", "devs"), "get", "pods", { subresource: "log" }), true],
  ["not another one", ask(user("x", "devs"), "get", "pods", { subresource: "exec" }), false],
  ["one name", ask(user("jane"), "get", "secrets", { name: "one" }), true],
  ["not another name", ask(user("jane"), "get", "secrets", { name: "two" }), false],
  ["not elsewhere", ask(user("jane"), "get", "secrets", { name: "one", namespace: "o" }), false],
  ["a service account", ask(user("system:serviceaccount:ns:robot"), "list", "pods"), true],
  ["not its namesake", ask(user("system:serviceaccount:o:robot"), "list", "pods"), false],
  ["everything", ask(user("root"), "fly", "kites", { group: "g" }), true],
  ["any scale", ask(user("jane"), "update", "x", { group: "g", subresource: "scale" }), true],
  ["a path", ask(user("jane"), "get", "", { resourceRequest: false, path: "/logs/a" }), true],
  ["not all paths", ask(user("jane"), "get", "", { resourceRequest: false, path: "/x" }), false],
  ["nobody", ask(user("nobody"), "get", "pods"), false],
])("%s", (_, answer, wanted) => expect(answer).toBe(wanted));

test.each<[string, PolicyRule[], PolicyRule[], boolean]>([
  ["the same", [rule("get", "core", "pods")], [rule("get", "core", "pods")], true],
  ["less", [rule("get list", "core apps", "pods")], [rule("get", "apps", "pods")], true],
  ["more verbs", [rule("get", "core", "pods")], [rule("get list", "core", "pods")], false],
  ["by stars", [rule("*", "*", "*")], [rule("fly", "g", "x/y", "n")], true],
  ["a subresource by star", [rule("get", "g", "*/scale")], [rule("get", "g", "a/scale")], true],
  ["the resource is not its parts", [rule("get", "g", "a")], [rule("get", "g", "a/scale")], false],
  ["some names", [rule("get", "g", "a", "x y")], [rule("get", "g", "a", "x")], true],
  ["all is more than some", [rule("get", "g", "a", "x")], [rule("get", "g", "a")], false],
  [
    "several rules together",
    [rule("get", "g", "a"), rule("list", "g", "a")],
    [rule("get list", "g", "a")],
    true,
  ],
  [
    "paths",
    [{ verbs: ["get"], nonResourceURLs: ["/a/*"] }],
    [{ verbs: ["get"], nonResourceURLs: ["/a/b"] }],
    true,
  ],
])("covered: %s", (_, owned, wanted, covered) => {
  expect(coversAll(owned, wanted)).toBe(covered);
});

test("what is not covered is told in parts", () => {
  const wanted = [rule("get delete", "core", "pods")];
  expect(uncovered([rule("get", "core", "pods")], wanted)).toEqual([
    rule("delete", "core", "pods"),
  ]);
});

const facts = join(import.meta.dirname, "../../../../../shared/facts/bootstrap-rbac.json");
const isThere = existsSync(facts);
if (!isThere) {
  process.stderr.write("the facts about default roles are left out: they are not here\n");
}

describe.runIf(isThere)("every cluster starts with", () => {
  interface Known {
    readonly name: string;
    readonly namespace?: string;
    readonly rules?: readonly PolicyRule[] | null;
    readonly subjects?: readonly { kind: string; name: string; namespace?: string }[];
  }
  const text = isThere ? readFileSync(facts, "utf8") : "{}";
  const known = JSON.parse(text) as Record<string, readonly Known[]>;
  const kept = (plural: string) =>
    rbacObjects
      .filter(({ resource }) => resource.startsWith(`${plural}.`))
      .map(({ object, namespace }) => ({ ...object, name: object.metadata?.name, namespace }));
  const sorted = (list: readonly unknown[] = []) =>
    list.map((one) => JSON.stringify(one)).toSorted();

  test.each(["clusterroles", "roles"])("the %s of Kubernetes", (plural) => {
    const list = known[plural === "roles" ? "roles" : "clusterRoles"] ?? [];
    const own = kept(plural) as unknown as Known[];
    expect(own).toHaveLength(list.length);
    for (const { name, namespace = "", rules } of list) {
      const found = own.find((one) => one.name === name && (one.namespace ?? "") === namespace);
      expect([name, sorted(found?.rules?.map(ordered))]).toEqual([
        name,
        sorted(rules?.map(ordered)),
      ]);
    }
  });

  const ordered = (one: PolicyRule) => Object.fromEntries(Object.entries(one).toSorted());

  test.each(["clusterrolebindings", "rolebindings"])("the %s of Kubernetes", (plural) => {
    const list = known[plural === "rolebindings" ? "roleBindings" : "clusterRoleBindings"] ?? [];
    const own = kept(plural) as unknown as Known[];
    expect(own).toHaveLength(list.length);
    const names = ({ subjects = [] }: Known) =>
      sorted(subjects.map((one) => [one.kind, one.name, one.namespace ?? ""]));
    for (const binding of list) {
      const found = own.find(
        ({ name, namespace = "" }) =>
          name === binding.name && namespace === (binding.namespace ?? ""),
      );
      expect([binding.name, found && names(found)]).toEqual([binding.name, names(binding)]);
    }
  });
});
