import { expect, test } from "vitest";
import { isBrokenPath, parseQuery, requestInfo } from "./request-info.ts";

/** `verb group/version resource/subresource namespace name`, or the path of no resource. */
function shown(method: string, target: string): string {
  const [path = "", query = ""] = target.split("?");
  const info = requestInfo(method, path, new URLSearchParams(query));
  if (!info.resourceRequest) return `${info.verb} ${info.path}`;
  const { verb, group, version, resource, subresource, namespace, name } = info;
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  return `${verb} ${group}/${version} ${what} [${namespace}] [${name}]`;
}

test.each([
  ["GET", "/version", "get /version"],
  ["POST", "/api", "post /api"],
  ["GET", "/apis/apps/v1", "get /apis/apps/v1"],
  ["GET", "/api/v1/pods", "list /v1 pods [] []"],
  ["GET", "/api/v1/pods?watch=1", "watch /v1 pods [] []"],
  ["GET", "/api/v1/pods?watch=false", "list /v1 pods [] []"],
  ["GET", "/api/v1/pods?watch", "watch /v1 pods [] []"],
  ["GET", "/api/v1/namespaces/ns/pods", "list /v1 pods [ns] []"],
  ["GET", "/api/v1/namespaces/ns/pods/p", "get /v1 pods [ns] [p]"],
  ["GET", "/api/v1/namespaces/ns/pods/p/", "get /v1 pods [ns] [p]"],
  ["PUT", "/api/v1/namespaces/ns/pods/p/status", "update /v1 pods/status [ns] [p]"],
  ["GET", "/api/v1/namespaces", "list /v1 namespaces [] []"],
  ["GET", "/api/v1/namespaces/ns", "get /v1 namespaces [ns] [ns]"],
  ["PUT", "/api/v1/namespaces/ns/finalize", "update /v1 namespaces/finalize [ns] [ns]"],
  ["DELETE", "/api/v1/namespaces/ns/pods", "deletecollection /v1 pods [ns] []"],
  ["PATCH", "/apis/apps/v1/namespaces/ns/deployments/d", "patch apps/v1 deployments [ns] [d]"],
  ["GET", "/api/v1/watch/namespaces/ns/pods", "watch /v1 pods [ns] []"],
  ["GET", "/api/v1/watch/namespaces/ns/pods/p", "watch /v1 pods [ns] [p]"],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Dp", "list /v1 pods [] [p]"],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name!%3Dp", "list /v1 pods [] []"],
  ["HEAD", "/api/v1/namespaces/ns/pods/p", "get /v1 pods [ns] [p]"],
  ["GET", "/api/v1/namespaces/ns/configmaps/%61", "get /v1 configmaps [ns] [a]"],
  ["GET", "/api/v1/namespaces/ns/configmaps/a%ffb", "get /v1 configmaps [ns] [a\ufffdb]"],
])("%s %s is %s", (method, target, expected) => {
  expect(shown(method, target)).toBe(expected);
});

test.each([
  ["/api/v1/pods", false],
  ["/api/v1/%70ods", false],
  ["/api/v1/%ff", false],
  ["/api/v1/%zz", true],
  ["/api/v1/%f", true],
  ["/api/v1/%", true],
])("%s is broken: %s", (path, broken) => {
  expect(isBrokenPath(path)).toBe(broken);
});

test.each([
  ["limit=5&labelSelector=a%3Db", "limit=5&labelSelector=a%3Db"],
  ["limit=5&x=%zz", "limit=5"],
  ["a=1;b=2&limit=5", "limit=5"],
  ["%=1&limit=5", "limit=5"],
])("of the query %s counts %s", (query, counted) => {
  expect(parseQuery(query).toString()).toBe(counted);
});
