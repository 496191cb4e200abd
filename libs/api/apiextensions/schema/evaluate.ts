/** Values against the rules of their schemas (apiextensions-apiserver pkg/apiserver/schema/cel). */
import type { ValidationRule } from "#proto/gen/k8s/apiextensions/v1.ts";
import type { Program } from "../../../cel/compile.ts";
import { compileMessage, compileRule } from "../../../cel/rules.ts";
import { ruleEnvironment, schemaTypes, type SchemaTypes } from "../../../cel/schemas.ts";
import { fromJson } from "../../../cel/values/json.ts";
import { isError, Optional, type Value } from "../../../cel/values/value.ts";
import {
  duplicate,
  forbidden,
  invalid,
  omitValue,
  required,
  type FieldError,
} from "../../errors.ts";
import { findField } from "./fieldpath.ts";
import { canonicalJson } from "./json.ts";
import { additionalOf, itemsOf, schemaHas, type Schema } from "./tree.ts";
import { wholeField } from "./values.ts";

/** What all rules of one object may cost together, in cel-go's units. */
const objectCostMax = 10_000_000;
const messageBytesMax = 5 * 1024;

interface Ruled {
  readonly field: string;
  readonly value: unknown;
  /** The value before; undefined where there was none or nobody can tell which. */
  readonly old: unknown;
}

/** Mutable: what is left to spend; below 0 nothing more is evaluated. */
interface Budget {
  left: number;
}

/**
 * What the rules of a schema and of those below it refuse. `isRoot`: of a whole object. The field
 * of a whole object is "".
 */
export function validateRules(
  field: string,
  value: unknown,
  old: unknown,
  schema: Schema,
  isRoot: boolean,
): FieldError[] {
  const errors = evaluate({ field, value, old }, schema, isRoot, { left: objectCostMax });
  return errors.map((error) => (error.field === "" ? { ...error, field: wholeField } : error));
}

const hasRules = (schema: Schema): boolean =>
  schemaHas(schema, (one) => (one["x-kubernetes-validations"] ?? []).length > 0);

function evaluate(ruled: Ruled, schema: Schema, isRoot: boolean, budget: Budget): FieldError[] {
  const { value } = ruled;
  if (value === null || value === undefined || budget.left < 0 || !hasRules(schema)) return [];
  const errors = evaluateOwn(ruled, schema, isRoot, budget);
  for (const [below, part] of partsOf(ruled, schema)) {
    const isWhole = part["x-kubernetes-embedded-resource"] === true;
    errors.push(...evaluate(below, part, isWhole, budget));
  }
  return errors;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

/** What stands in a value, with its schema. */
function partsOf({ field, value, old }: Ruled, schema: Schema): readonly [Ruled, Schema][] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return [];
    const before = itemsBefore(schema, old);
    return value.map((item: unknown, index) => [
      { field: `${field}[${index}]`, value: item, old: before(item) },
      items,
    ]);
  }
  const before = fieldsOf(old);
  const more = additionalOf(schema);
  return Object.entries(fieldsOf(value)).flatMap(([name, item]): [Ruled, Schema][] => {
    const property = schema.properties?.[name];
    const below = { value: item, old: before[name] };
    if (more !== undefined) return [[{ field: `${field}[${name}]`, ...below }, more]];
    if (property === undefined) return [];
    return [[{ field: field === "" ? name : `${field}.${name}`, ...below }, property]];
  });
}

/** Items of a list can be told apart by the keys that its schema names, or not at all. */
function itemsBefore(schema: Schema, old: unknown): (item: unknown) => unknown {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(old)) return () => undefined;
  const keyOf = (item: unknown) => canonicalJson(keys.map((key) => fieldsOf(item)[key]));
  const before = new Map(old.map((item: unknown) => [keyOf(item), item]));
  return (item) => before.get(keyOf(item));
}

interface Compiled {
  readonly rule: ValidationRule;
  readonly program: Program;
  readonly usesOldSelf: boolean;
  readonly message: Program | undefined;
}

interface CompiledRules {
  readonly types: SchemaTypes;
  readonly rules: readonly Compiled[];
}

/** Schemas are never written to, and are asked for again and again. */
const compiledRules = new WeakMap<Schema, CompiledRules>();

/** A definition is stored only when its rules can be compiled: one that cannot is passed over. */
function rulesOf(schema: Schema, isRoot: boolean): CompiledRules | undefined {
  const known = compiledRules.get(schema);
  if (known !== undefined) return known;
  const types = schemaTypes(schema, isRoot);
  if (types === undefined) return undefined;
  const rules = (schema["x-kubernetes-validations"] ?? []).flatMap((rule): Compiled[] => {
    const environment = ruleEnvironment(types, rule.optionalOldSelf === true);
    const compiled = compileRule(environment, rule.rule ?? "");
    if ("detail" in compiled) return [];
    const text = rule.messageExpression ?? "";
    const message = text === "" ? undefined : compileMessage(environment, text);
    const isGood = message !== undefined && "program" in message;
    return [{ rule, ...compiled, message: isGood ? message.program : undefined }];
  });
  const compiled = { types, rules };
  compiledRules.set(schema, compiled);
  return compiled;
}

function evaluateOwn(ruled: Ruled, schema: Schema, isRoot: boolean, budget: Budget): FieldError[] {
  const { field, value, old } = ruled;
  const { type = "" } = schema;
  const compiled = rulesOf(schema, isRoot);
  if (compiled === undefined) return [];
  const { types, rules } = compiled;
  const self = fromJson(value, types.type, types.provider);
  const isNew = old === undefined || old === null;
  const oldSelf = isNew ? undefined : fromJson(old, types.type, types.provider);
  const errors: FieldError[] = [];
  for (const { rule, program, usesOldSelf, message } of rules) {
    const isOptional = rule.optionalOldSelf === true;
    // What only says how a value may change says nothing of a new one.
    if (usesOldSelf && isNew && !isOptional) continue;
    const before = isOptional ? new Optional(oldSelf) : oldSelf;
    const variables = (name: string) => (name === "self" ? self : before);
    const found = run(program, variables, budget);
    if (found === undefined) {
      const detail =
        "validation failed due to running out of cost budget, no further validation rules " +
        "will be run";
      return [...errors, invalid(field, type, detail)];
    }
    if (isError(found)) {
      const failure = failureOf(found.message, rule);
      errors.push(invalid(field, type, failure.detail));
      if (failure.ends) budget.left = -1;
      if (failure.ends) return errors;
    } else if (found !== true) {
      const text = message && messageText(run(message, variables, budget));
      errors.push(refusal(ruled, schema, rule, text ?? messageOf(rule)));
    }
  }
  return errors;
}

/** Undefined when there is no budget for it; then there is none for anything. */
function run(
  program: Program,
  variables: (name: string) => Value | undefined,
  budget: Budget,
): Value | undefined {
  const { value, cost } = program.evaluate(variables);
  budget.left -= cost;
  return budget.left < 0 ? undefined : value;
}

const shortText = ({ rule = "", message = "" }: ValidationRule): string =>
  (message === "" ? rule : message).trim();

function failureOf(error: string, rule: ValidationRule) {
  const text = shortText(rule);
  if (error.startsWith("no such overload")) {
    const what = "call arguments did not match a supported operator, function or macro signature";
    return { detail: `'${error}': ${what} for rule: ${text}`, ends: false };
  }
  if (error.startsWith("operation cancelled: actual cost limit exceeded")) {
    const what = "no further validation rules will be run due to call cost exceeds limit for rule";
    return { detail: `'${error}': ${what}: ${text}`, ends: true };
  }
  return { detail: `${error} evaluating rule: ${text}`, ends: false };
}

/** A message that can be shown; undefined for one that cannot. */
function messageText(value: Value | undefined): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  const fits = Buffer.byteLength(text) <= messageBytesMax && !text.includes("\n");
  return fits && text !== "" ? text : undefined;
}

const messageOf = (rule: ValidationRule): string =>
  rule.message ? rule.message.trim() : `failed rule: ${shortText(rule)}`;

function refusal(
  { field, value }: Ruled,
  schema: Schema,
  { reason, fieldPath = "" }: ValidationRule,
  detail: string,
): FieldError {
  const found = fieldPath === "" ? undefined : findField(fieldPath, schema, true);
  const below = found === undefined || typeof found === "string" ? "" : found.path;
  const at = below === "" || field === "" ? `${field}${below}` : `${field}.${below}`;
  const isShown = schema.type !== "object" && schema.type !== "array";
  const shown = isShown ? value : omitValue;
  switch (reason) {
    case "FieldValueForbidden":
      return forbidden(at, detail);
    case "FieldValueRequired":
      return required(at, detail);
    case "FieldValueDuplicate":
      return duplicate(at, shown);
    default:
      return invalid(at, shown, detail);
  }
}
