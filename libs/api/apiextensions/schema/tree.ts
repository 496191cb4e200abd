/** Walking through the schemas of custom resources. */
import type { JSONSchemaProps } from "#proto/gen/k8s/apiextensions/v1.ts";

export type Schema = JSONSchemaProps;

/** The one schema of a list's items; undefined for none and for a list of them. */
export const itemsOf = ({ items }: Schema): Schema | undefined =>
  items === undefined || Array.isArray(items) ? undefined : items;

/** The schema of values that no property names; undefined where only a flag says something. */
export const additionalOf = ({ additionalProperties: more }: Schema): Schema | undefined =>
  typeof more === "object" ? more : undefined;

/** Properties by name, in order. */
export const propertiesOf = ({ properties = {} }: Schema): readonly (readonly [string, Schema])[] =>
  Object.entries(properties).sort(([one], [other]) => (one < other ? -1 : 1));

/** True when a schema or one below it has what is asked for. */
export function schemaHas(schema: Schema | undefined, has: (schema: Schema) => boolean): boolean {
  if (schema === undefined) return false;
  return has(schema) || childrenOf(schema).some((child) => schemaHas(child, has));
}

/** Every schema that stands directly in another, by whatever name. */
export function childrenOf(schema: Schema): readonly Schema[] {
  const { items, allOf = [], anyOf = [], oneOf = [], not, additionalItems } = schema;
  const { properties = {}, patternProperties = {}, definitions = {}, dependencies = {} } = schema;
  const more = additionalOf(schema);
  return [
    ...(items === undefined ? [] : [items].flat()),
    ...allOf,
    ...anyOf,
    ...oneOf,
    ...(not === undefined ? [] : [not]),
    ...Object.values(properties),
    ...(more === undefined ? [] : [more]),
    ...Object.values(patternProperties),
    ...(typeof additionalItems === "object" ? [additionalItems] : []),
    ...Object.values(definitions),
    ...Object.values(dependencies).flatMap((one) => (Array.isArray(one) ? [] : [one])),
  ];
}
