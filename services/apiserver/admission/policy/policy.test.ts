import { expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { MatchResources, ParamRef } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { keptVersions } from "./kept.ts";
import { isExempt, isMatched, type Rule, ruleMatches } from "./match.ts";
import { type FindKind, paramsOf } from "./params.ts";

const named = (name: string, labels = {}, namespace = ""): KubeObject => ({
  metadata: { name, namespace, labels },
});

const spaces = [named("red", { color: "red" }), named("plain")];
const maps = [named("a", { tier: "1" }, "red"), named("b", { tier: "2" }, "red")];
const kept: Readonly<Record<string, readonly KubeObject[]>> = {
  namespaces: spaces,
  configmaps: maps,
};

const find = (resource: string, namespace: string, name: string) =>
  kept[resource]?.find(
    ({ metadata }) => metadata?.name === name && metadata.namespace === namespace,
  );

const reader = {
  cached: find,
  list: (resource: string, namespace: string) =>
    (kept[resource] ?? []).filter(({ metadata }) => metadata?.namespace === namespace),
  live: (resource: string, namespace: string, name: string) =>
    Promise.resolve(find(resource, namespace, name)),
} as unknown as AdmissionReader;

/** A create of `deployments.apps/scale` or the like, in a namespace. */
function request(what: string, namespace = "", draft = named("x")): AdmissionRequest {
  const [resource = "", subresource = ""] = what.split("/");
  const [plural, ...group] = resource.split(".");
  const definition = resources.find(
    (one) => one.plural === plural && one.group === group.join("."),
  );
  const place = { definition, subresource, namespace, name: "x" };
  return { operation: "create", place, draft, old: undefined } as unknown as AdmissionRequest;
}

const everything: Rule = {
  operations: ["*"],
  apiGroups: ["*"],
  apiVersions: ["*"],
  resources: ["*"],
};

test.each<[string, Partial<Rule>, string, boolean]>([
  ["everything", {}, "pods", true],
  ["everything, but not a part of it", {}, "pods/status", false],
  ["every part", { resources: ["*/*"] }, "pods/status", true],
  ["every part and the whole", { resources: ["*/*"] }, "pods", true],
  ["one part", { resources: ["pods/status"] }, "pods/status", true],
  ["another part", { resources: ["pods/status"] }, "pods/resize", false],
  ["a part of any", { resources: ["*/scale"] }, "deployments.apps/scale", true],
  ["a part, and the whole is asked for", { resources: ["pods/status"] }, "pods", false],
  ["another resource", { resources: ["secrets"] }, "pods", false],
  ["the operation", { operations: ["CREATE"] }, "pods", true],
  ["another operation", { operations: ["UPDATE", "DELETE"] }, "pods", false],
  ["the core group", { apiGroups: [""] }, "pods", true],
  ["another group", { apiGroups: ["apps"] }, "pods", false],
  ["another version", { apiVersions: ["v1beta1"] }, "pods", false],
  ["its name", { resourceNames: ["x"] }, "pods", true],
  ["another name", { resourceNames: ["y"] }, "pods", false],
  ["its scope", { scope: "Cluster" }, "nodes", true],
  ["the other scope", { scope: "Namespaced" }, "nodes", false],
])("a rule: %s", (_name, rule, what, expected) => {
  expect(ruleMatches({ ...everything, ...rule }, request(what))).toBe(expected);
});

const redOnly = { namespaceSelector: { matchLabels: { color: "red" } } };
const blueObjects = { objectSelector: { matchLabels: { color: "blue" } } };
const blue = named("x", { color: "blue" });

test.each<[string, MatchResources, AdmissionRequest, boolean]>([
  ["no rules", {}, request("pods", "red"), true],
  ["the namespace", redOnly, request("pods", "red"), true],
  ["another namespace", redOnly, request("pods", "plain"), false],
  ["nothing of a namespace", redOnly, request("nodes"), true],
  ["a namespace itself", redOnly, request("namespaces", "", named("n", { color: "red" })), true],
  ["another one itself", redOnly, request("namespaces", "", named("n")), false],
  ["the object", blueObjects, request("pods", "red", blue), true],
  ["another object", blueObjects, request("pods", "red"), false],
  ["a rule", { resourceRules: [everything] }, request("pods"), true],
  ["no rule", { resourceRules: [{ ...everything, resources: ["nodes"] }] }, request("pods"), false],
  [
    "what is left out",
    { resourceRules: [everything], excludeResourceRules: [everything] },
    request("pods"),
    false,
  ],
])("matching: %s", (_name, match, asked, expected) => {
  expect(isMatched(match, asked, reader)).toBe(expected);
});

test("what was deleted is matched by what it was", () => {
  const { place } = request("pods", "red");
  const gone = { operation: "delete", place, draft: undefined, old: blue };
  expect(isMatched(blueObjects, gone as unknown as AdmissionRequest, reader)).toBe(true);
});

test("policies are not about policies", () => {
  const own = "validatingadmissionpolicies.admissionregistration.k8s.io";
  expect(isExempt(request(own))).toBe(true);
  expect(isExempt(request("pods"))).toBe(false);
});

const findKind: FindKind = (apiVersion, kind) =>
  apiVersion === "v1" ? resources.find((one) => one.kind === kind && one.group === "") : undefined;

const configMap = { apiVersion: "v1", kind: "ConfigMap" };
const namespace = { apiVersion: "v1", kind: "Namespace" };
const failed = (message: string) => `Failed: failed to configure binding: ${message}`;

test.each<[string, object | undefined, ParamRef | undefined, string, string]>([
  ["a policy without", undefined, { name: "a" }, "red", "Found: none"],
  ["none given", configMap, undefined, "red", "Found: none"],
  ["by name, where the request is", configMap, { name: "a" }, "red", "Found: a"],
  ["by name, elsewhere", configMap, { name: "a", namespace: "red" }, "plain", "Found: a"],
  ["by labels", configMap, { selector: { matchLabels: { tier: "2" } } }, "red", "Found: b"],
  ["all", configMap, { selector: {} }, "red", "Found: a b"],
  ["of the cluster", namespace, { name: "red" }, "plain", "Found: red"],
  ["absent, allowed", configMap, { name: "c", parameterNotFoundAction: "Allow" }, "red", "Skipped"],
  [
    "absent",
    configMap,
    { name: "c", parameterNotFoundAction: "Deny" },
    "red",
    failed("no params found for policy binding with `Deny` parameterNotFoundAction"),
  ],
  [
    "an unknown kind",
    { apiVersion: "v2", kind: "Thing" },
    { name: "a" },
    "red",
    failed("failed to find resource referenced by paramKind: 'v2, Kind=Thing'"),
  ],
  [
    "a namespace for what has none",
    namespace,
    { name: "red", namespace: "red" },
    "red",
    failed("paramRef.namespace must not be provided for a cluster-scoped `paramKind`"),
  ],
  [
    "no namespace to look in",
    configMap,
    { name: "a" },
    "",
    failed(
      "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
    ),
  ],
])("parameters: %s", async (_name, kind, reference, where, expected) => {
  const given = await paramsOf(kind, reference, request("pods", where), reader, findKind);
  const names = "params" in given ? given.params.map((one) => one?.metadata?.name ?? "none") : [];
  const detail = "message" in given ? given.message : names.join(" ");
  expect([given.type, detail].filter(Boolean).join(": ")).toBe(expected);
});

test("something is made once of each version of an object", () => {
  const made: string[] = [];
  const of = keptVersions((object: KubeObject) => {
    made.push(object.metadata?.resourceVersion ?? "");
    return made.length;
  });
  const at = (resourceVersion: string) => ({ metadata: { uid: "u", resourceVersion } });
  expect([of(at("1")), of(at("1")), of(at("2")), of(at("2"))]).toEqual([1, 1, 2, 2]);
  expect(made).toEqual(["1", "2"]);
});
