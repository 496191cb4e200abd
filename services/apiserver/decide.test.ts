import { expect, it } from "vitest";
import { resources } from "#libs/api/index.ts";
import { validateMetadata } from "#libs/api/metadata/validate.ts";
import { bootstrapObjects } from "./decide.ts";
import { holds } from "./registry/bootstrap.ts";
import { keyOf } from "./registry/caches.ts";

const facilities = {
  serviceIp: "127.96.0.1",
  serviceCidr: "127.96.0.0/16",
  advertiseAddress: "192.0.2.1",
  port: 6443,
  versions: resources,
};
const objects = bootstrapObjects(facilities);

it("every object is of a kind that is served, in a valid form", () => {
  for (const { resource, object } of objects) {
    const definition = resources.find((candidate) => keyOf(candidate) === resource);
    if (definition === undefined) throw new Error(`${resource} is not served`);
    expect(validateMetadata(object.metadata ?? {}, definition)).toEqual([]);
    expect(object.kind).toBe(definition.kind);
  }
});

it("namespaces come before what is in them", () => {
  const kinds = objects.map(({ resource }) => resource);
  expect(kinds.lastIndexOf("namespaces")).toBeLessThan(kinds.indexOf("services"));
});

it("the API server's own service says where it is", () => {
  const service = objects.find(({ resource }) => resource === "services")?.object;
  expect(service).toMatchObject({
    metadata: { name: "kubernetes", namespace: "default" },
    spec: { clusterIP: "127.96.0.1", ports: [{ port: 443, targetPort: 6443 }] },
  });
});

it.each([
  [{ a: 1, b: 2 }, { a: 1 }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: [{ x: 1, y: 2 }] }, { a: [{ x: 1 }] }, true],
  [{ a: [{ x: 1 }, {}] }, { a: [{ x: 1 }] }, false],
  [{}, { a: { b: 1 } }, false],
  [{}, { a: [] }, true],
])("%j holds %j: %j", (object, wanted, expected) => {
  expect(holds(object, wanted)).toBe(expected);
});
