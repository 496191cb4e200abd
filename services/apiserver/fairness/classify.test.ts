import { describe, expect, test } from "vitest";
import type { FlowSchema, PolicyRulesWithSubjects } from "#proto/gen/k8s/flowcontrol/v1.ts";
import { requestInfo } from "../http/request-info.ts";
import { classifier, compileSchemas } from "./classify.ts";
import { completeConfiguration, levelConfiguration } from "./configuration.ts";
import { widthOf } from "./width.ts";

const infoOf = (request: string) => {
  const [method = "", target = ""] = request.split(" ");
  const [path = "", query = ""] = target.split("?");
  return requestInfo(method, path, new URLSearchParams(query));
};

const user = (name: string, ...groups: string[]) => ({ name, groups });
const alice = user("alice", "system:authenticated");

const pods = {
  verbs: ["get", "list"],
  apiGroups: [""],
  resources: ["pods", "pods/status"],
  namespaces: ["a"],
};

function matches(rule: PolicyRulesWithSubjects, who: typeof alice, request: string): boolean {
  const schema = { metadata: { name: "s" }, spec: { rules: [rule] } };
  return classifier(compileSchemas([schema]))(who, infoOf(request)) !== undefined;
}

describe("resource rules", () => {
  const everyone = [{ kind: "Group", group: { name: "*" } }];
  test.each([
    ["GET /api/v1/namespaces/a/pods/p", true],
    ["GET /api/v1/namespaces/a/pods", true],
    ["GET /api/v1/namespaces/a/pods?watch=1", false],
    ["GET /api/v1/namespaces/a/pods/p/status", true],
    ["GET /api/v1/namespaces/a/pods/p/log", false],
    ["DELETE /api/v1/namespaces/a/pods/p", false],
    ["GET /api/v1/namespaces/b/pods", false],
    ["GET /api/v1/pods", false],
    ["GET /apis/apps/v1/namespaces/a/deployments", false],
    ["GET /healthz", false],
  ])("%s: %s", (request, expected) => {
    expect(matches({ subjects: everyone, resourceRules: [pods] }, alice, request)).toBe(expected);
  });

  test("cluster scope is another thing than every namespace", () => {
    const anywhere = { ...pods, resources: ["*"], namespaces: ["*"] };
    const rule = { subjects: everyone, resourceRules: [anywhere] };
    expect(matches(rule, alice, "GET /api/v1/namespaces/b/pods")).toBe(true);
    expect(matches(rule, alice, "GET /api/v1/pods")).toBe(false);
    const cluster = { ...rule, resourceRules: [{ ...anywhere, clusterScope: true }] };
    expect(matches(cluster, alice, "GET /api/v1/pods")).toBe(true);
  });
});

describe("paths", () => {
  test.each([
    ["/healthz", "/healthz", true],
    ["/healthz", "/healthz/ping", true],
    ["/healthz", "/healthzz", false],
    ["/api/*", "/api/v1", true],
    ["/api/*", "/api", false],
    ["*", "/anything", true],
  ])("%s covers %s: %s", (url, path, expected) => {
    const nonResourceRules = [{ verbs: ["get"], nonResourceURLs: [url] }];
    const rule = { subjects: [{ kind: "User", user: { name: "*" } }], nonResourceRules };
    expect(matches(rule, alice, `GET ${path}`)).toBe(expected);
    expect(matches(rule, alice, `POST ${path}`)).toBe(false);
  });
});

describe("subjects", () => {
  const nonResourceRules = [{ verbs: ["*"], nonResourceURLs: ["*"] }];
  const account = user("system:serviceaccount:a:robot", "system:serviceaccounts");
  test.each([
    [{ kind: "User", user: { name: "alice" } }, alice, true],
    [{ kind: "User", user: { name: "alice" } }, account, false],
    [{ kind: "Group", group: { name: "system:authenticated" } }, alice, true],
    [{ kind: "Group", group: { name: "system:masters" } }, alice, false],
    [{ kind: "ServiceAccount", serviceAccount: { namespace: "a", name: "robot" } }, account, true],
    [{ kind: "ServiceAccount", serviceAccount: { namespace: "a", name: "*" } }, account, true],
    [{ kind: "ServiceAccount", serviceAccount: { namespace: "b", name: "*" } }, account, false],
    [{ kind: "ServiceAccount", serviceAccount: { namespace: "a", name: "rob" } }, account, false],
    [{ kind: "User" }, alice, false],
  ])("%j", (subject, who, expected) => {
    expect(matches({ subjects: [subject], nonResourceRules }, who, "GET /x")).toBe(expected);
  });
});

describe("which schema and which flow", () => {
  const schema = (name: string, matchingPrecedence: number, type?: string): FlowSchema => ({
    metadata: { name, uid: `${name}-uid` },
    spec: {
      matchingPrecedence,
      priorityLevelConfiguration: { name: "level" },
      ...(type === undefined ? {} : { distinguisherMethod: { type } }),
      rules: [
        {
          subjects: [{ kind: "Group", group: { name: "*" } }],
          resourceRules: [{ ...pods, namespaces: ["*"] }],
        },
      ],
    },
  });

  test.each([
    [[schema("b", 10), schema("a", 20)], "b", ""],
    [[schema("b", 10), schema("a", 10)], "a", ""],
    [[schema("a", 10, "ByUser")], "a", "alice"],
    [[schema("a", 10, "ByNamespace")], "a", "n"],
  ])("%#", (schemas, name, distinguisher) => {
    const classify = classifier(compileSchemas(schemas));
    const found = classify(alice, infoOf("GET /api/v1/namespaces/n/pods"));
    expect(found).toMatchObject({ schema: { name, uid: `${name}-uid` }, distinguisher });
  });

  test("administrators are exempt and all others caught, whatever is configured", () => {
    const dangling = schema("dangling", 2);
    const complete = completeConfiguration({ flowSchemas: [dangling], priorityLevels: [] });
    const classify = classifier(compileSchemas(complete.flowSchemas));
    const list = infoOf("GET /api/v1/namespaces/n/pods");
    const levelOf = (who: typeof alice) => classify(who, list)?.schema.level;
    expect(levelOf(user("root", "system:masters", "system:authenticated"))).toBe("exempt");
    expect(levelOf(alice)).toBe("catch-all");
    expect(levelOf(user("system:anonymous", "system:unauthenticated"))).toBe("catch-all");
    expect(complete.priorityLevels.map(levelConfiguration)).toMatchObject([
      { name: "catch-all", nominalShares: 5, response: { type: "reject" } },
      { name: "exempt", exempt: true, response: { type: "exempt" } },
    ]);
  });
});

describe("seats of a request", () => {
  const size = { count: 1_000, bytes: 2_700_000 };
  test.each([
    ["GET /api/v1/pods", size, 10],
    ["GET /api/v1/pods?limit=100", size, 3],
    ["GET /api/v1/pods?limit=1", size, 1],
    ["GET /api/v1/pods", { count: 10, bytes: 27_000 }, 1],
    ["GET /api/v1/pods", { count: 0, bytes: 0 }, 1],
    ["GET /api/v1/pods", undefined, 1],
    ["GET /api/v1/pods?fieldSelector=metadata.name%3Dp", size, 1],
    ["GET /api/v1/pods?watch=1", size, 1],
    ["GET /api/v1/pods?watch=1&sendInitialEvents=true", size, 10],
    ["POST /api/v1/namespaces/n/pods", size, 1],
  ])("%s of %j", (request, stored, seats) => {
    const query = new URLSearchParams(request.split("?")[1] ?? "");
    expect(widthOf(infoOf(request), query, () => stored, 50)).toBe(seats);
    expect(widthOf(infoOf(request), query, () => stored, 2)).toBe(Math.min(2, seats));
  });
});
