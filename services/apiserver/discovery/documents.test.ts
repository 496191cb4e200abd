import { expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import { servedFrom } from "../http/routes.ts";
import { discoveryDocuments } from "./documents.ts";

const served = servedFrom(resources, [
  {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    singular: "selfsubjectreview",
    scope: "Cluster",
    answer: async () => ({}),
  },
]);
const documents = discoveryDocuments(served, () => "10.0.0.1:6443");

test("the core group is a version and an address", () => {
  expect(documents.apiVersions()).toEqual({
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "10.0.0.1:6443" }],
  });
});

test("groups stand in Kubernetes' order and name what they prefer", () => {
  const { groups } = documents.groupList() as { groups: { name: string }[] };
  const names = groups.map(({ name }) => name);
  expect(names.slice(0, 3)).toEqual(["apiregistration.k8s.io", "apps", "events.k8s.io"]);
  expect(documents.group("apps")).toEqual({
    kind: "APIGroup",
    apiVersion: "v1",
    name: "apps",
    versions: [{ groupVersion: "apps/v1", version: "v1" }],
    preferredVersion: { groupVersion: "apps/v1", version: "v1" },
  });
  expect(documents.group("nope.io")).toBeUndefined();
});

test("resources stand with their subresources, by name", () => {
  const list = documents.resources("apps", "v1") as { resources: { name: string }[] };
  const entry = (name: string) => list.resources.find((resource) => resource.name === name);
  expect(list).toMatchObject({ apiVersion: "v1", groupVersion: "apps/v1" });
  expect(entry("deployments")).toEqual({
    name: "deployments",
    singularName: "deployment",
    namespaced: true,
    kind: "Deployment",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    shortNames: ["deploy"],
    categories: ["all"],
    storageVersionHash: "8aSe+NMegvE=",
  });
  expect(entry("deployments/scale")).toEqual({
    name: "deployments/scale",
    singularName: "",
    namespaced: true,
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: ["get", "patch", "update"],
  });
  const names = list.resources.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  expect(documents.resources("apps", "v9")).toBeUndefined();
});

test("the aggregated document keeps its ETag and says the same", () => {
  const first = documents.aggregated("groups", "v2");
  expect(first.etag).toMatch(/^"[0-9A-F]{128}"$/);
  expect(documents.aggregated("groups", "v2")).toBe(first);
  const { items } = JSON.parse(Buffer.from(first.json).toString()) as {
    items: { metadata: { name: string }; versions: { resources: object[] }[] }[];
  };
  const apps = items.find(({ metadata }) => metadata.name === "apps");
  expect(apps?.versions[0]?.resources).toContainEqual(
    expect.objectContaining({
      resource: "deployments",
      scope: "Namespaced",
      singularResource: "deployment",
      responseKind: { group: "apps", version: "v1", kind: "Deployment" },
    }),
  );
});
