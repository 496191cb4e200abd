import { describe, expect, it } from "vitest";
import { messageNames, schemaOf } from "../schemas.ts";
import { openApiDefinitions, openApiSchemas } from "./schemas.ts";

const pod = "io.k8s.api.core.v1.Pod";
const property = (schemas: Record<string, Record<string, unknown>>, name: string, field: string) =>
  (schemas[name]?.["properties"] as Record<string, unknown> | undefined)?.[field];

describe("OpenAPI v3", () => {
  const schemas = openApiSchemas(["k8s.core.v1.Pod", "k8s.meta.v1.DeleteOptions"], {
    groupVersions: [{ group: "apps", version: "v1" }],
  });

  it("has everything that is referred to", () => {
    const references = [...JSON.stringify(schemas).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(100);
    for (const [, name] of references) expect(schemas).toHaveProperty([name as string]);
  });

  it("names a kind's group, version and kind", () => {
    expect(schemas[pod]).toMatchObject({
      type: "object",
      "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Pod" }],
      properties: { apiVersion: { type: "string" }, kind: { type: "string" } },
    });
    expect(
      schemas["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]?.[
        "x-kubernetes-group-version-kind"
      ],
    ).toEqual([{ group: "apps", version: "v1", kind: "DeleteOptions" }]);
  });

  it("wraps references, so that defaults stand beside them", () => {
    expect(property(schemas, pod, "spec")).toMatchObject({
      allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.PodSpec" }],
      default: {},
    });
  });

  it("tells how lists are merged", () => {
    expect(property(schemas, "io.k8s.api.core.v1.PodSpec", "volumes")).toMatchObject({
      type: "array",
      "x-kubernetes-patch-strategy": "merge,retainKeys",
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    });
  });

  it("puts embedded structs into their parent", () => {
    const volume = schemas["io.k8s.api.core.v1.Volume"];
    expect(Object.keys(volume?.["properties"] as object)).toContain("configMap");
    expect(volume?.["required"]).toEqual(["name"]);
    expect(property(schemas, "io.k8s.api.core.v1.EnvVarSource", "configMapKeyRef")).toBeDefined();
  });

  it.each([
    [pod, "kind", { type: "string" }],
    [
      "io.k8s.api.core.v1.Container",
      "imagePullPolicy",
      { enum: ["Always", "IfNotPresent", "Never"] },
    ],
    ["io.k8s.api.core.v1.PodSpec", "priority", { type: "integer", format: "int32" }],
    ["io.k8s.api.core.v1.PodSpec", "nodeSelector", { "x-kubernetes-map-type": "atomic" }],
    [
      "io.k8s.api.core.v1.ResourceRequirements",
      "limits",
      {
        additionalProperties: {
          $ref: "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity",
        },
      },
    ],
  ])("%s.%s", (name, field, wanted) => {
    expect(property(schemas, name, field)).toMatchObject(wanted);
  });

  it("knows what is no object in JSON", () => {
    const prefix = "io.k8s.apimachinery.pkg";
    expect(schemas[`${prefix}.api.resource.Quantity`]).toMatchObject({
      oneOf: [{ type: "string" }, { type: "number" }],
    });
    expect(schemas[`${prefix}.util.intstr.IntOrString`]).toMatchObject({ format: "int-or-string" });
    expect(schemas[`${prefix}.apis.meta.v1.Time`]).toMatchObject({ format: "date-time" });
  });
});

describe("OpenAPI v2", () => {
  const definitions = openApiDefinitions(["k8s.core.v1.Pod"]);

  it("has neither defaults nor wrapped references", () => {
    const text = JSON.stringify(definitions);
    expect(text).not.toContain("allOf");
    expect(text).not.toContain('"default":');
    expect(property(definitions, pod, "spec")).toMatchObject({
      $ref: "#/definitions/io.k8s.api.core.v1.PodSpec",
    });
  });
});

it("describes every published message", () => {
  const published = messageNames().filter((name) => schemaOf(name).openapi !== undefined);
  for (const make of [openApiSchemas, openApiDefinitions]) {
    expect(Object.keys(make(published))).toHaveLength(published.length);
  }
});
