/**
 * Objects with holes: Go's absent lists, maps and bytes are null after decoding. Whatever is
 * missing, the functions of a definition answer.
 */
import { expect, test } from "vitest";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import type { FieldSchema, MessageSchema } from "#libs/schema/schema.ts";
import { StatusError } from "./errors.ts";
import { resources } from "./index.ts";
import type { KubeObject, RequestFacts, ResourceDefinition } from "./resource.ts";

const facts: RequestFacts = {
  now: 0,
  verb: "create",
  subresource: "",
  user: "u",
  groups: [],
  uuid: () => "1",
  namespaceLabels: () => ({}),
};
const depthMax = 6;

/** Everything down to a depth, with one of each list, and no values. */
function holed(schema: MessageSchema, depth: number): object {
  const object: Record<string, unknown> = {};
  if (depth === 0) return object;
  for (const { name, message, cardinality, inline } of schema.byJsonName.values()) {
    if (message?.form !== "struct" || cardinality === "map" || inline) continue;
    const inner = holed(message, depth - 1);
    object[name] = cardinality === "list" ? [inner] : inner;
  }
  return object;
}

/** Of unions: the object with one struct of the level alone, for each. */
function* single(schema: MessageSchema, depth: number): Generator<object> {
  yield {};
  if (depth === 0) return;
  for (const field of schema.byJsonName.values()) {
    const { message } = field;
    if (message?.form !== "struct" || field.cardinality === "map" || field.inline) continue;
    for (const inner of single(message, depth - 1)) yield { [field.name]: listed(field, inner) };
  }
}

const listed = ({ cardinality }: FieldSchema, inner: object) =>
  cardinality === "list" ? [inner] : inner;

function exercise(definition: ResourceDefinition, given: object): void {
  const schema = schemaOf(definition.message);
  const read = () => {
    const { object } = readObject(schema, structuredClone(given)) as { object: KubeObject };
    object.metadata = { ...object.metadata, name: "n" };
    definition.afterDecoding?.(object);
    definition.defaults?.(object);
    return object;
  };
  const [draft, old] = [read(), read()];
  definition.prepareForCreate?.(draft, facts);
  definition.validate(draft, facts);
  definition.warnings?.(draft, undefined);
  definition.canonicalize?.(draft);
  definition.partition?.(draft);
  const updated = read();
  definition.prepareForUpdate?.(updated, old, facts);
  definition.validateUpdate?.(updated, old, facts);
  definition.warnings?.(updated, old);
  definition.gracefulDeletion?.(old, undefined, facts);
  for (const { cell } of definition.printColumns) cell(old, 0);
  for (const select of Object.values(definition.fieldSelectors)) select(old);
  for (const subresource of definition.subresources) {
    if (subresource.type === "scale") subresource.selector(old);
    if (subresource.type !== "part") continue;
    const merged = subresource.merge(read(), old, facts);
    subresource.validateUpdate?.(merged, old, facts);
  }
}

/** A refusal is an answer. */
function crash(definition: ResourceDefinition, given: object): string | undefined {
  try {
    exercise(definition, given);
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    return `${JSON.stringify(given).slice(0, 300)}: ${(error as Error).stack ?? ""}`;
  }
}

test.each(resources.map((resource) => [`${resource.plural} ${resource.group}`, resource] as const))(
  "%s",
  (_, resource) => {
    const schema = schemaOf(resource.message);
    const objects = [holed(schema, depthMax), ...single(schema, 3)] as KubeObject[];
    const crashes = objects.map((object) => crash(resource, object));
    expect(crashes.filter((text) => text !== undefined).slice(0, 3)).toEqual([]);
  },
);
