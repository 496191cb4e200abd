/** Where OpenAPI v2 and v3 documents of Kubernetes differ. */
import type { FieldSchema, MessageForm } from "../schema.ts";
import type { OpenApiSchema } from "./schemas.ts";

export interface Dialect {
  /** What stands before a schema's name in a reference. */
  readonly references: string;
  /** The schema of a message that is no object in JSON; undefined for a struct. */
  form(form: MessageForm): OpenApiSchema | undefined;
  /** Says that Go's zero value stands where nothing is given. */
  withZero(schema: OpenApiSchema, field: FieldSchema): OpenApiSchema;
  withDefault(schema: OpenApiSchema, value: unknown): OpenApiSchema;
  /** A schema that may have a description beside it. */
  describable(schema: OpenApiSchema): OpenApiSchema;
}

const formsOfBoth: Partial<Record<MessageForm, OpenApiSchema>> = {
  time: { type: "string", format: "date-time" },
  microTime: { type: "string", format: "date-time" },
  duration: { type: "string" },
  rawObject: { type: "object" },
  rawJson: {},
  stringList: { type: "array", items: { type: "string" } },
  schemaOr: {},
};

const formsOfV2: Partial<Record<MessageForm, OpenApiSchema>> = {
  ...formsOfBoth,
  quantity: { type: "string" },
  intOrString: { type: "string", format: "int-or-string" },
};

const formsOfV3: Partial<Record<MessageForm, OpenApiSchema>> = {
  ...formsOfBoth,
  quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
};

/** Defaults are left out, and a reference may have siblings. */
export const v2: Dialect = {
  references: "#/definitions/",
  form: (form) => formsOfV2[form],
  withZero: (schema) => schema,
  withDefault: (schema) => schema,
  describable: (schema) => schema,
};

/** What stands beside a reference has no meaning in v3: the reference is wrapped. */
export const v3: Dialect = {
  references: "#/components/schemas/",
  form: (form) => formsOfV3[form],
  withZero(schema, { kind, message }) {
    const zero = message ? (message.form === "struct" ? {} : undefined) : zeros[kind];
    return zero === undefined ? schema : { ...wrapped(schema), default: zero };
  },
  withDefault: (schema, value) => ({ ...wrapped(schema), default: value }),
  describable: wrapped,
};

const zeros: Readonly<Record<string, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
};

function wrapped(schema: OpenApiSchema): OpenApiSchema {
  return "$ref" in schema ? { allOf: [schema] } : schema;
}
