import { expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import type { Review } from "../auth/reviews/review.ts";
import { requestInfo } from "./request-info.ts";
import { routeResource, servedFrom } from "./routes.ts";

const review = (plural: string, scope: Review["scope"]): Review => ({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "Review",
  plural,
  singular: "review",
  scope,
  answer: async () => ({}),
});
const served = servedFrom(resources, [
  review("subjectaccessreviews", "Cluster"),
  review("localsubjectaccessreviews", "Namespaced"),
]);

function shown(method: string, path: string): string {
  const info = requestInfo(method, path, new URLSearchParams());
  const route = routeResource(served, info, method);
  if (route.type === "resource") {
    const { definition, subresource, namespace, name } = route.place;
    const what = subresource === "" ? definition.plural : `${definition.plural}/${subresource}`;
    return `${route.verb} ${what} [${namespace}] [${name}]`;
  }
  return route.type === "connect" ? `connect ${route.connect}` : route.type;
}

const ns = "/api/v1/namespaces/ns";

test.each([
  ["GET", `${ns}/configmaps`, "list configmaps [ns] []"],
  ["GET", "/api/v1/configmaps", "list configmaps [] []"],
  ["POST", "/api/v1/configmaps", "methodNotAllowed"],
  ["GET", "/api/v1/configmaps/a", "unknownResource"],
  ["POST", `${ns}/configmaps`, "create configmaps [ns] []"],
  ["POST", `${ns}/configmaps/a`, "methodNotAllowed"],
  ["PUT", `${ns}/configmaps`, "methodNotAllowed"],
  ["OPTIONS", `${ns}/configmaps/a`, "methodNotAllowed"],
  ["HEAD", `${ns}/configmaps/a`, "methodNotAllowed"],
  ["DELETE", `${ns}/configmaps`, "deletecollection configmaps [ns] []"],
  ["GET", ns, "get namespaces [] [ns]"],
  ["DELETE", "/api/v1/namespaces", "methodNotAllowed"],
  ["PUT", `${ns}/finalize`, "update namespaces/finalize [] [ns]"],
  ["GET", `${ns}/finalize`, "methodNotAllowed"],
  ["GET", `${ns}/nodes`, "unknownResource"],
  ["GET", `${ns}/configmaps/a/b`, "unknownResource"],
  ["GET", `${ns}/foos`, "unknownResource"],
  ["GET", "/api/v2/pods", "unknownResource"],
  ["GET", "/apis/nope.io/v1/foos", "unknownPath"],
  ["GET", "//api/v1/namespaces/ns/configmaps", "unknownPath"],
  ["GET", `${ns}/pods/p/log`, "connect log"],
  ["POST", `${ns}/pods/p/log`, "methodNotAllowed"],
  ["GET", `${ns}/pods/p/binding`, "methodNotAllowed"],
  ["POST", `${ns}/pods/p/binding`, "create pods/binding [ns] [p]"],
  ["GET", "/apis/apps/v1/namespaces/ns/deployments/d/scale", "get deployments/scale [ns] [d]"],
  ["DELETE", "/apis/apps/v1/namespaces/ns/deployments/d/scale", "methodNotAllowed"],
  ["GET", "/api/v1/watch/namespaces/ns/pods", "watch pods [ns] []"],
  ["GET", "/api/v1/watch/namespaces/ns/pods/p", "watch pods [ns] [p]"],
  ["POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "review"],
  ["GET", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "methodNotAllowed"],
  ["DELETE", "/apis/authorization.k8s.io/v1/subjectaccessreviews/x", "unknownResource"],
  ["POST", "/apis/authorization.k8s.io/v1/localsubjectaccessreviews", "unknownResource"],
])("%s %s is %s", (method, path, expected) => {
  expect(shown(method, path)).toBe(expected);
});
