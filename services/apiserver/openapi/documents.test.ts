import { describe, expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import { servedFrom } from "../http/routes.ts";
import { openApiDocuments, type OpenApiDocument } from "./documents.ts";

const documents = openApiDocuments(servedFrom(resources, []));

interface Parsed {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
  readonly definitions: Record<string, object>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly [key: string]: unknown;
}

const parsed = (document: OpenApiDocument | undefined): Parsed =>
  JSON.parse(Buffer.from(document?.json ?? "{}").toString("utf8")) as Parsed;

const references = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)]
    .map(([, name]) => name ?? "");

describe("v3", () => {
  test("the index names every group version with its hash", () => {
    const { paths } = JSON.parse(Buffer.from(documents.index()).toString("utf8")) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const { hash = "" } = documents.groupVersion("apis/apps/v1") ?? {};
    expect(hash).toMatch(/^[0-9A-F]{128}$/);
    expect(paths["apis/apps/v1"]?.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${hash}`);
    expect(paths).toHaveProperty("api/v1");
  });

  test("a document is made once", () => {
    expect(documents.groupVersion("api/v1")).toBe(documents.groupVersion("api/v1"));
    expect(documents.groupVersion("apis/nope/v1")).toBeUndefined();
  });

  test.each(["api/v1", "apis/apps/v1", "apis/coordination.k8s.io/v1"])(
    "%s refers to nothing that it lacks",
    (key) => {
      const document = parsed(documents.groupVersion(key));
      const known = new Set(Object.keys(document.components.schemas));
      const missing = references(document).filter((name) => !known.has(name));
      expect([...new Set(missing)]).toEqual([]);
    },
  );

  test("writes take the parameters that kubectl looks for", () => {
    const { paths } = parsed(documents.groupVersion("apis/apps/v1"));
    const item = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
    const names = item?.["patch"]?.parameters?.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["dryRun", "fieldManager", "fieldValidation", "force"]),
    );
    expect(item?.["patch"]).toMatchObject({
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": { group: "apps", version: "v1", kind: "Deployment" },
    });
    const scale = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"];
    expect(scale?.["get"]).toMatchObject({
      "x-kubernetes-group-version-kind": { group: "autoscaling", version: "v1", kind: "Scale" },
    });
  });

  test("operations have names of their own", () => {
    for (const key of ["api/v1", "apis/apps/v1"]) {
      const items = Object.values(parsed(documents.groupVersion(key)).paths);
      const ids = items.flatMap(({ parameters: _shared, ...methods }) =>
        Object.values(methods as Record<string, Operation>).map((one) => one["operationId"]),
      );
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});

test("v2 is whole", () => {
  const document = parsed(documents.v2());
  const known = new Set(Object.keys(document.definitions));
  expect(references(document).filter((name) => !known.has(name))).toEqual([]);
  expect(document.paths).toHaveProperty("/api/v1/namespaces/{namespace}/pods/{name}/log");
});
