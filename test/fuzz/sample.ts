/** Objects that a client might send. */
import { resources } from "#libs/api/index.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { arbitrary, type Random } from "#libs/schema/arbitrary.ts";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import { mutateValue, pick } from "./mutate.ts";

/** Any resource that is served. */
export const anyResource = (random: Random): ResourceDefinition => pick(random, resources);

/** Any fields that the kind has, with what every object has to say. */
export function sample(random: Random, definition: ResourceDefinition): KubeObject {
  const value = arbitrary(schemaOf(definition.message), random);
  const fields = typeof value === "object" && value !== null ? value : {};
  const { metadata } = fields as { metadata?: object | null };
  return {
    ...fields,
    apiVersion: apiVersionOf(definition),
    kind: definition.kind,
    metadata: { ...metadata, name: "web-1", namespace: "default" },
  };
}

/** The same with something changed: no longer of its kind as a rule. */
export const oddSample = (random: Random, definition: ResourceDefinition): unknown =>
  mutateValue(random, sample(random, definition));

/** As the API server works with it. */
export function decoded(definition: ResourceDefinition, value: unknown): KubeObject {
  const { object } = readObject(schemaOf(definition.message), structuredClone(value));
  return object as KubeObject;
}
