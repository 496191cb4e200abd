import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { authenticate, bearerToken } from "./authenticate.ts";
import { allow, chain, noOpinion, type Attributes } from "./authorize.ts";
import { certificateAuthenticator } from "./certificate.ts";
import { impersonate, impersonationHeaders } from "./impersonate.ts";
import { ruleAllows } from "./policy.ts";
import { privileged, privilegedRules } from "./privileged.ts";
import { bootstrapGrants } from "./rbac/bootstrap/objects.ts";
import { rbac } from "./rbac/source.ts";
import { refusal } from "./refuse.ts";
import { accessReviews } from "./reviews/access.ts";
import { rulesReview } from "./reviews/rules.ts";
import { splitUsername } from "./service-account.ts";
import { anonymousUser, authenticated, type User } from "./user.ts";

const jane = authenticated({ name: "jane", groups: [] });
const asked: Attributes = {
  user: jane,
  verb: "get",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "ns",
  name: "p",
  path: "",
};
const grants = bootstrapGrants();
const authorizer = chain([privileged, rbac(() => grants)]);

describe("authorization", () => {
  const user = (name: string, ...groups: string[]): User => ({ name, groups });
  const known = "system:authenticated";
  test.each([
    ["an administrator", user("root", "system:masters"), {}, "allow"],
    ["a component", user("system:kube-scheduler", known), {}, "allow"],
    ["a component beyond its role", user("system:kube-proxy", known), {}, "noOpinion"],
    ["a service account", user("system:serviceaccount:ns:sa", known), {}, "noOpinion"],
    ["a made-up system name", user("system:anonymous", "system:unauthenticated"), {}, "noOpinion"],
    ["a user", jane, {}, "noOpinion"],
    ["a user about itself", jane, own("selfsubjectaccessreviews"), "allow"],
    ["a user about others", jane, own("subjectaccessreviews"), "noOpinion"],
    ["a user in discovery", jane, path("/apis/apps/v1"), "allow"],
    ["nobody in discovery", anonymousUser, path("/apis"), "noOpinion"],
    ["nobody at the version", anonymousUser, path("/version"), "allow"],
    ["nobody at the health", anonymousUser, path("/readyz"), "allow"],
    ["a user at the metrics", jane, path("/metrics"), "noOpinion"],
    ["nobody posting", anonymousUser, { ...path("/version"), verb: "post" }, "noOpinion"],
  ] as const)("%s", async (_, someone, more, expected) => {
    const { decision } = await authorizer({ ...asked, ...more, user: someone });
    expect(decision).toBe(expected);
  });

  function own(resource: string): Partial<Attributes> {
    return { verb: "create", group: "authorization.k8s.io", resource, namespace: "", name: "" };
  }
  function path(where: string): Partial<Attributes> {
    return { resourceRequest: false, resource: "", namespace: "", name: "", path: where };
  }

  test("asks in order, later ones too when one takes its time", async () => {
    const order: string[] = [];
    const say = (word: string, late: boolean) => () => {
      order.push(word);
      const decision = { ...noOpinion, reason: word };
      return late ? Promise.resolve(decision) : decision;
    };
    const all = chain([say("a", false), say("b", true), say("c", false)]);
    expect(await all(asked)).toEqual({ decision: "noOpinion", reason: "a\nb\nc" });
    expect(order).toEqual(["a", "b", "c"]);
    expect(chain([() => allow("x"), say("never", false)])(asked)).toEqual(allow("x"));
  });

  test.each([
    [
      {},
      'pods "p" is forbidden: User "jane" cannot get resource "pods" in API group "" ' +
        'in the namespace "ns"',
    ],
    [
      { group: "apps", resource: "deployments", subresource: "scale", name: "", namespace: "" },
      'deployments.apps is forbidden: User "jane" cannot get resource "deployments/scale" ' +
        'in API group "apps" at the cluster scope',
    ],
    [
      { resourceRequest: false, path: "/metrics" },
      'forbidden: User "jane" cannot get path "/metrics"',
    ],
  ])("refuses in Kubernetes' words: %j", (more, expected) => {
    expect(refusal({ ...asked, ...more }, "").message).toBe(expected);
  });
});

describe("certificates", () => {
  test("are believed from our authority, in their time, and no other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kubus-auth-"));
    try {
      const ours = await ensurePki({ folder: join(folder, "a"), serviceIp: "127.96.0.1" });
      const theirs = await ensurePki({ folder: join(folder, "b"), serviceIp: "127.96.0.1" });
      const authenticator = certificateAuthenticator(ours.ca);
      const der = (pem: string) => new X509Certificate(pem).raw;
      const now = Date.parse(new X509Certificate(ours.admin.cert).validFrom) + 1000;
      const admin = der(ours.admin.cert);
      expect(authenticator(admin, now)).toMatchObject({
        name: "kubernetes-admin",
        groups: ["system:masters", "system:authenticated"],
      });
      expect(authenticator(admin, now + 100 * 365 * 24 * 3600 * 1000)).toBeUndefined();
      expect(authenticator(der(theirs.admin.cert), now)).toBeUndefined();
      // A server's certificate is not for clients.
      expect(authenticator(der(ours.apiserver.cert), now)).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("authentication", () => {
  const authenticators = {
    certificate: (der: Uint8Array) => (der[0] === 1 ? jane : undefined),
    token: async (text: string) =>
      text === "good"
        ? ({ type: "valid", user: { name: "bot", groups: [] }, audiences: [] } as const)
        : ({ type: "invalid", error: "" } as const),
    now: () => 0,
  };
  const good = Uint8Array.of(1);
  const bad = Uint8Array.of(2);
  test.each([
    [undefined, undefined, "system:anonymous"],
    [good, undefined, "jane"],
    [good, "Bearer wrong", "jane"],
    [bad, "Bearer good", "bot"],
    [undefined, "bearer good", "bot"],
    [bad, undefined, "401"],
    [undefined, "Bearer wrong", "401"],
    [undefined, "Basic good", "system:anonymous"],
  ])("%s and %s is %s", async (certificate, authorization, expected) => {
    const who = authenticate({ certificate, authorization }, authenticators).then(
      ({ name }) => name,
      ({ code }: { code: number }) => String(code),
    );
    expect(await who).toBe(expected);
  });

  test("bearer tokens are read past any case and space", () => {
    expect(bearerToken("  BEARER   abc ")).toBe("abc");
    expect(bearerToken(undefined)).toBe("");
  });
});

describe("impersonation", () => {
  const from = (headers: Readonly<Record<string, string | readonly string[]>>) =>
    impersonationHeaders({
      header: (name) => [headers[name] ?? []].flat()[0],
      headers: (name) => [headers[name] ?? []].flat(),
      headerNames: () => Object.keys(headers),
    });
  const admin: User = { name: "root", groups: ["system:masters"] };
  const become = (headers: Parameters<typeof from>[0], user = admin) => {
    const wanted = from(headers);
    if (wanted === undefined) throw new Error("nobody is impersonated");
    return impersonate(user, wanted, authorizer);
  };

  test("is not asked for by other headers", () => {
    expect(from({ accept: "*/*" })).toBeUndefined();
  });

  test.each([
    [{ "impersonate-user": "u" }, ["system:authenticated"]],
    [
      { "impersonate-user": "u", "impersonate-group": ["a", "b"] },
      ["a", "b", "system:authenticated"],
    ],
    [
      { "impersonate-user": "system:serviceaccount:ns:sa" },
      ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    ],
    [{ "impersonate-user": "system:serviceaccount:BAD_:sa" }, ["system:authenticated"]],
    [{ "impersonate-user": "system:anonymous" }, ["system:unauthenticated"]],
    [
      { "impersonate-user": "u", "impersonate-group": "system:unauthenticated" },
      ["system:unauthenticated"],
    ],
  ])("%j has groups %j", async (headers, groups) => {
    expect((await become(headers)).groups).toEqual(groups);
  });

  test("carries uid and extra", async () => {
    const headers = {
      "impersonate-user": "u",
      "impersonate-uid": "7",
      "impersonate-extra-a%2fb": ["x", "y"],
    };
    expect(await become(headers)).toMatchObject({ uid: "7", extra: { "a/b": ["x", "y"] } });
  });

  test("needs a user name, and the right to it", async () => {
    await expect(become({ "impersonate-group": "a" })).rejects.toThrow(
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"a"}, ' +
        "Extra:map[string][]string(nil)} without impersonating a user name",
    );
    await expect(become({ "impersonate-user": "u" }, jane)).rejects.toThrow(
      'users "u" is forbidden: User "jane" cannot impersonate resource "users" in API group ""' +
        " at the cluster scope",
    );
    await expect(become({ "impersonate-user": "system:serviceaccount:a:b" }, jane)).rejects.toThrow(
      'serviceaccounts "b" is forbidden: User "jane" cannot impersonate resource ' +
        '"serviceaccounts" in API group "" in the namespace "a"',
    );
  });

  test.each([
    ["system:serviceaccount:ns:a.b", { namespace: "ns", name: "a.b" }],
    ["system:serviceaccount:ns:", undefined],
    ["system:serviceaccount:ns:a:b", undefined],
    ["jane", undefined],
  ])("%s is the account %j", (name, expected) => {
    expect(splitUsername(name)).toEqual(expected);
  });
});

describe("access reviews", () => {
  const reviews = accessReviews(authorizer);
  const ask = async (plural: string, spec: object, namespace = "") => {
    const review = reviews.find((candidate) => candidate.plural === plural);
    return review?.answer({ user: jane, namespace, value: { spec } }) as Promise<{
      status: object;
    }>;
  };
  const resourceAttributes = { verb: "get", resource: "pods", namespace: "ns" };

  test("answer for the caller and for others", async () => {
    const self = await ask("selfsubjectaccessreviews", { resourceAttributes });
    expect(self.status).toEqual({ allowed: false });
    const root = { user: "root", groups: ["system:masters"], resourceAttributes };
    expect((await ask("subjectaccessreviews", root)).status).toEqual({ allowed: true });
    const spec = {
      user: "u",
      groups: ["system:authenticated"],
      nonResourceAttributes: { path: "/api", verb: "get" },
    };
    expect((await ask("subjectaccessreviews", spec)).status).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole ' +
        '"system:discovery" to Group "system:authenticated"',
    });
  });

  test.each([
    [
      { fieldSelector: { rawSelector: "a=b", requirements: [{ key: "a", operator: "Exists" }] } },
      'spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not ' +
        "specified at the same time as requirements",
    ],
    [
      { fieldSelector: {} },
      "spec.resourceAttributes.fieldSelector.requirements: Required value: when " +
        "spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is " +
        "required",
    ],
    [
      { labelSelector: { requirements: [{ key: "a", operator: "In" }] } },
      "spec.resourceAttributes.labelSelector.requirements[0].values: Required value: must be " +
        "specified when `operator` is 'In' or 'NotIn'",
    ],
  ])("refuse selectors that select nothing: %j", async (selectors, message) => {
    const spec = { resourceAttributes: { ...resourceAttributes, ...selectors } };
    await expect(ask("selfsubjectaccessreviews", spec)).rejects.toThrow(message);
  });

  test("refuse what asks nothing", async () => {
    await expect(ask("selfsubjectaccessreviews", {})).rejects.toThrow("exactly one of");
    await expect(ask("subjectaccessreviews", { resourceAttributes })).rejects.toThrow(
      '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user ' +
        "or group must be specified",
    );
    const local = { user: "u", resourceAttributes: { verb: "get", resource: "pods" } };
    await expect(ask("localsubjectaccessreviews", local, "ns")).rejects.toThrow(
      'spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace',
    );
  });
});

describe("rules", () => {
  const admin: User = { name: "root", groups: ["system:masters"] };
  const all = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };
  const allPaths = { verbs: ["*"], nonResourceURLs: ["*"] };
  const rulesOf = (user: User, namespace: string) => [
    ...privilegedRules(user),
    ...grants.rulesOf(user, namespace),
  ];
  const review = rulesReview(rulesOf, () => false);
  const ask = (user: User, spec: object) =>
    review.answer({ user, namespace: "", value: { spec } }) as Promise<{ status: object }>;

  test("are listed for who asks", async () => {
    const { status } = await ask(admin, { namespace: "ns" });
    expect(status).toEqual({
      // As an administrator, and by the binding of cluster-admin.
      resourceRules: [all, all],
      nonResourceRules: [allPaths, allPaths],
      incomplete: false,
    });
    expect((await ask(jane, { namespace: "ns" })).status).toMatchObject({
      resourceRules: [{ verbs: ["create"] }, { verbs: ["create"] }],
    });
    await expect(ask(jane, {})).rejects.toThrow("no namespace on request");
  });

  test.each([
    [{ apiGroups: [""], resources: ["pods"] }, {}, true],
    [{ apiGroups: ["*"], resources: ["*"] }, {}, true],
    [{ apiGroups: ["apps"], resources: ["pods"] }, {}, false],
    [{ apiGroups: [""], resources: ["pods"] }, { subresource: "log" }, false],
    [{ apiGroups: [""], resources: ["pods/log"] }, { subresource: "log" }, true],
    [{ apiGroups: [""], resources: ["*/log"] }, { subresource: "log" }, true],
    [{ apiGroups: [""], resources: ["pods"], resourceNames: ["p"] }, {}, true],
    [{ apiGroups: [""], resources: ["pods"], resourceNames: ["q"] }, {}, false],
    [{ nonResourceURLs: ["*"] }, {}, false],
    [{ nonResourceURLs: ["/a/*"] }, { resourceRequest: false, path: "/a/b" }, true],
    [{ nonResourceURLs: ["/a"] }, { resourceRequest: false, path: "/a/b" }, false],
  ])("%j allows %j: %s", (rule, more, expected) => {
    expect(ruleAllows({ verbs: ["get"], ...rule }, { ...asked, ...more })).toBe(expected);
    expect(ruleAllows({ verbs: ["list"], ...rule }, { ...asked, ...more })).toBe(false);
  });
});
