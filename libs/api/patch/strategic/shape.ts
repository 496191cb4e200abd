/** What a strategic merge patch must know of the type at a path. */
import type { FieldSchema, MessageSchema } from "#libs/schema/schema.ts";
import { goQuote } from "../../gotext.ts";
import { plainError } from "../json-value.ts";

export type Shape =
  | { readonly kind: "struct"; readonly schema: MessageSchema }
  | { readonly kind: "map"; readonly values: Shape }
  | { readonly kind: "scalar"; readonly type: string };

export interface FieldShape {
  readonly strategy: "merge" | "replace" | undefined;
  /** "" when the elements are told apart by value. */
  readonly mergeKey: string;
  /** Of the field's value; of the elements, for a list. */
  readonly shape: Shape;
}

/** The shape of a message: how its fields are merged. */
export const structShape = (schema: MessageSchema): Shape => ({ kind: "struct", schema });

/** The field below a type. Throws when a struct has no such field. */
export function lookup(shape: Shape, key: string): FieldShape {
  if (shape.kind === "map") return { strategy: undefined, mergeKey: "", shape: shape.values };
  if (shape.kind === "scalar") {
    throw plainError(
      `merging an object in json but data type is not struct, instead is: ${shape.type}`,
    );
  }
  const field = shape.schema.byJsonName.get(key);
  if (field === undefined) {
    throw plainError(
      `unable to find api field in struct ${shape.schema.shortName} for the json field ` +
        goQuote(key),
    );
  }
  const strategy = field.patchStrategy.find((word) => word !== "retainKeys");
  return { strategy, mergeKey: field.patchMergeKey ?? "", shape: valueShape(field) };
}

function valueShape(field: FieldSchema): Shape {
  const values: Shape = field.message
    ? structShape(field.message)
    : { kind: "scalar", type: field.kind };
  return field.cardinality === "map" ? { kind: "map", values } : values;
}
