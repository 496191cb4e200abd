/**
 * Values against schemas of custom resources: what kube-openapi's pkg/validation/validate finds,
 * in its order and its words.
 */
import { exactText } from "#libs/schema/exactjson.ts";
import {
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
  type FieldError,
} from "../../errors.ts";
import { goQuote } from "../../gotext.ts";
import { hasFormat, isKnownFormat } from "./formats.ts";
import { sameJson } from "./json.ts";
import { compilePattern, patternError } from "./patterns.ts";
import { additionalOf, propertiesOf, type Schema } from "./tree.ts";

/** Something wrong; the same text twice is one failure. */
interface Failure {
  readonly text: string;
  /** Place below the value, in its own words; undefined for what only the whole is told. */
  readonly name: string | undefined;
  error(field: string): FieldError;
}

interface Result {
  readonly failures: readonly Failure[];
  /** How many checks were made and passed: the best of several alternatives has most. */
  readonly matches: number;
}

/** What Go prints for the field of a whole object. */
export const wholeField = "<nil>";

/** What is wrong with a value at a field; that of a whole object is "". */
export function validateValue(field: string, value: unknown, schema: Schema): FieldError[] {
  return check(value, schema, "").failures.map(({ name = "", error }) => {
    const below = name.replace(/^\./, "");
    if (below === "") return error(field === "" ? wholeField : field);
    return error(field === "" ? below : `${field}.${below}`);
  });
}

const passed: Result = { failures: [], matches: 0 };

const failed = (...failures: readonly Failure[]): Result => ({ failures, matches: 0 });

/** Failures of the whole value, without a value of their own. */
const ofWhole = (text: string): Failure => ({
  text,
  name: undefined,
  error: (field) => invalid(field, "", text),
});

const ofField = (name: string, text: string, value: unknown): Failure => ({
  text: `${name} in body ${text}`,
  name,
  error: (field) => invalid(field, value ?? "", `${name} in body ${text}`),
});

function merge(...results: readonly Result[]): Result {
  const byText = new Map<string, Failure>();
  for (const failure of results.flatMap(({ failures }) => failures)) {
    if (!byText.has(failure.text)) byText.set(failure.text, failure);
  }
  const matches = results.reduce((sum, result) => sum + result.matches, 0);
  return { failures: [...byText.values()], matches };
}

const counted = (result: Result): Result => ({ ...result, matches: result.matches + 1 });

function check(value: unknown, schema: Schema, path: string): Result {
  if (value === null || value === undefined) {
    return merge(checkType(null, schema, path), checkEnum(null, schema, path));
  }
  const results = [
    ...(typesOf(schema).length > 0 || formatOf(schema) !== ""
      ? [checkType(value, schema, path)]
      : []),
    checkJunctors(value, schema, path),
  ];
  if (typeof value === "string") {
    results.push(checkText(value, schema, path));
    if (formatOf(schema) !== "") results.push(checkFormat(value, schema, path));
  } else if (typeof value === "number" || typeof value === "bigint") {
    results.push(checkNumber(Number(value), schema, path));
  } else if (Array.isArray(value)) results.push(checkList(value, schema, path));
  results.push(checkEnum(value, schema, path));
  if (isObject(value)) results.push(checkObject(value, schema, path));
  return counted(merge(...results.map(counted)));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function typesOf({ type = "", "x-kubernetes-int-or-string": isIntOrString }: Schema): string[] {
  if (isIntOrString === true) return ["integer", "string"];
  return type === "" ? [] : [type];
}

/** The format, where it means something. */
function formatOf(schema: Schema): string {
  const { format = "" } = schema;
  const types = typesOf(schema);
  return isKnownFormat(format, types.length === 1 ? (types[0] ?? "") : "") ? format : "";
}

/** Type and format of a value as they are told. */
function kindOf(value: unknown): readonly [type: string, format: string] {
  if (value === null) return ["null", ""];
  if (Array.isArray(value)) return ["array", ""];
  switch (typeof value) {
    case "boolean":
      return ["boolean", ""];
    case "string":
      return ["string", ""];
    case "number":
      return Number.isInteger(value) ? ["integer", "int64"] : ["number", "float64"];
    case "bigint":
      return ["integer", "int64"];
    default:
      return ["object", ""];
  }
}

function checkType(value: unknown, schema: Schema, path: string): Result {
  const types = typesOf(schema);
  const format = formatOf(schema);
  const [type, valueFormat] = kindOf(value);
  const wrong = (wanted: string, found: string) => failed(ofType(path, wanted, found));
  if (value === null) {
    return types.length > 0 && schema.nullable !== true
      ? wrong(types.join(","), "null")
      : counted(passed);
  }
  const isNumeric = types.includes("number") || types.includes("integer");
  const fits = types.includes(type) || (type === "integer" && types.includes("number"));
  const isTextual = type === "string" || type === "array";
  if (!isTextual && format !== "" && !fits && format !== valueFormat) {
    return wrong(format, valueFormat);
  }
  if (!isNumeric && format !== "" && isTextual) return counted(passed);
  return fits ? counted(passed) : wrong(types.join(","), type);
}

function ofType(name: string, wanted: string, found: string): Failure {
  const text = `${name} in body must be of type ${wanted}: ${goQuote(found)}`;
  return { text, name, error: (field) => typeInvalid(field, found, text) };
}

function checkJunctors(value: unknown, schema: Schema, path: string): Result {
  const { allOf = [], not } = schema;
  const parts = [checkAnyOf(value, schema, path), checkOneOf(value, schema, path)];
  const all = allOf.map((part) => check(value, part, path));
  parts.push(...all);
  const valid = all.filter(isValid).length;
  if (valid !== all.length) {
    const more = valid === 0 ? ". None validated" : "";
    parts.push(failed(ofWhole(`${goQuote(path)} must validate all the schemas (allOf)${more}`)));
  }
  if (not !== undefined && isValid(check(value, not, path))) {
    parts.push(failed(ofWhole(`${goQuote(path)} must not validate the schema (not)`)));
  }
  return counted(merge(...parts));
}

const isValid = ({ failures }: Result): boolean => failures.length === 0;

const bestOf = (results: readonly Result[]): Result =>
  results.reduce((best, result) => (result.matches > best.matches ? result : best));

function checkAnyOf(value: unknown, { anyOf = [] }: Schema, path: string): Result {
  if (anyOf.length === 0) return passed;
  const results = anyOf.map((part) => check(value, part, path));
  const text = `${goQuote(path)} must validate at least one schema (anyOf)`;
  return results.find(isValid) ?? merge(failed(ofWhole(text)), bestOf(results));
}

function checkOneOf(value: unknown, { oneOf = [] }: Schema, path: string): Result {
  if (oneOf.length === 0) return passed;
  const results = oneOf.map((part) => check(value, part, path));
  const valid = results.filter(isValid);
  const [only] = valid;
  if (only !== undefined && valid.length === 1) return only;
  const text = `${goQuote(path)} must validate one and only one schema (oneOf).`;
  if (valid.length > 1) {
    return failed(ofWhole(`${text} Found ${valid.length} valid alternatives`));
  }
  return merge(failed(ofWhole(`${text} Found none valid`)), bestOf(results));
}

function checkText(value: string, schema: Schema, path: string): Result {
  const { maxLength, minLength, pattern = "" } = schema;
  const { length } = [...value];
  if (maxLength !== undefined && length > Number(maxLength)) {
    const text = `${path} in body should be at most ${maxLength} chars long`;
    return failed({ text, name: path, error: (field) => tooLong(field, Number(maxLength)) });
  }
  if (minLength !== undefined && length < Number(minLength)) {
    return failed(ofField(path, `should be at least ${minLength} chars long`, value));
  }
  if (pattern === "") return passed;
  const broken = patternError(pattern);
  if (broken !== "") {
    const why = `should match '${pattern}, but pattern is invalid: ${broken}'`;
    return failed(ofField(path, why, value));
  }
  if (compilePattern(pattern).test(value)) return passed;
  return failed(ofField(path, `should match '${pattern}'`, value));
}

function checkFormat(value: string, schema: Schema, path: string): Result {
  const format = formatOf(schema);
  return hasFormat(format, value) === false ? failed(ofType(path, format, value)) : passed;
}

function checkNumber(value: number, schema: Schema, path: string): Result {
  const { multipleOf, maximum, minimum } = schema;
  const isWhole = Number.isInteger(value);
  /** Bounds of integers are integers, too. */
  const bound = (limit: number) => (isWhole ? Math.trunc(limit) : limit);
  const results = [checkRange(value, schema, "Checked", path)];
  if (multipleOf !== undefined) {
    results.push(
      checkRange(multipleOf, schema, "MultipleOf", path),
      checkMultiple(value, bound(multipleOf), path),
    );
  }
  if (minimum !== undefined) {
    const limit = bound(minimum);
    const isExclusive = schema.exclusiveMinimum === true;
    results.push(checkRange(minimum, schema, "Minimum boundary", path));
    if (value < limit || (isExclusive && value === limit)) {
      const word = isExclusive ? "greater than" : "greater than or equal to";
      results.push(failed(ofField(path, `should be ${word} ${goNumber(limit)}`, value)));
    }
  }
  if (maximum !== undefined) {
    const limit = bound(maximum);
    const isExclusive = schema.exclusiveMaximum === true;
    results.push(checkRange(maximum, schema, "Maximum boundary", path));
    if (value > limit || (isExclusive && value === limit)) {
      const word = isExclusive ? "less than" : "less than or equal to";
      results.push(failed(ofField(path, `should be ${word} ${goNumber(limit)}`, value)));
    }
  }
  return counted(merge(...results));
}

function checkMultiple(value: number, factor: number, path: string): Result {
  if (factor <= 0) {
    const text = `factor MultipleOf declared for ${path} must be positive: ${goNumber(factor)}`;
    return failed({ text, name: path, error: (field) => invalid(field, factor, text) });
  }
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  if (Math.abs(times - Math.round(times)) < multiplePrecision) return passed;
  return failed(ofField(path, `should be a multiple of ${goNumber(factor)}`, value));
}

const multiplePrecision = 1e-9;

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const int64 = { min: -(2 ** 63), max: 2 ** 63 };
const float32Max = 3.4028234663852886e38;

/** Numbers have to fit in what the schema's type and format can hold. */
function checkRange(number: number, schema: Schema, what: string, path: string): Result {
  const types = typesOf(schema);
  const format = formatOf(schema);
  const [type = ""] = types.length === 1 ? types : [];
  const range = format === "int32" ? int32 : int64;
  const fits =
    type === "integer"
      ? Number.isInteger(number) && number >= range.min && number <= range.max
      : format !== "float" || Math.abs(number) <= float32Max;
  if (fits) return passed;
  const kind = format === "" ? "(default format)" : `with format ${format}`;
  return failed(ofWhole(`${what} value must be of type ${type} ${kind} in ${path}`));
}

const exponentBelow = 1e-4;

/** A number as Go prints it. */
function goNumber(number: number): string {
  if (number === 0 || Math.abs(number) >= exponentBelow) return String(number);
  return number.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function checkList(value: readonly unknown[], schema: Schema, path: string): Result {
  const { items, minItems, maxItems } = schema;
  const size = value.length;
  const results = value.flatMap((item, index) => {
    const part = Array.isArray(items) ? items[index] : items;
    return part === undefined ? [] : [check(item, part, `${path}[${index}]`)];
  });
  if (minItems !== undefined && size < Number(minItems)) {
    results.push(failed(ofField(path, `should have at least ${minItems} items`, size)));
  }
  if (maxItems !== undefined && size > Number(maxItems)) {
    results.push(failed(ofCount(path, size, Number(maxItems), "items")));
  }
  return counted(merge(...results));
}

const ofCount = (name: string, size: number, max: number, what: string): Failure => ({
  text: `${name} in body should have at most ${max} ${what}`,
  name,
  error: (field) => tooMany(field, size, max),
});

function checkEnum(value: unknown, schema: Schema, path: string): Result {
  const { enum: values = [] } = schema;
  if (values.length === 0 || values.some((one) => isSame(value, one))) return passed;
  const words = values.map((one) => (typeof one === "string" ? one : exactText(one)));
  const text = `${path} in body should be one of ${words.join(" ")}`;
  return failed({ text, name: path, error: (field) => notSupported(field, value, words) });
}

/** Numbers are compared as what the schema lists: 1.5 is among the integer 1. */
function isSame(value: unknown, listed: unknown): boolean {
  if (typeof value === "number" && Number.isInteger(listed)) return Math.trunc(value) === listed;
  if (value === null || value === undefined || listed === null) return false;
  return sameJson(value, listed);
}

function checkObject(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  path: string,
): Result {
  const { minProperties, maxProperties, properties = {}, required: names = [] } = schema;
  const more = additionalOf(schema);
  const keys = Object.keys(value).sort();
  const unknown = keys.filter((key) => !Object.hasOwn(properties, key));
  const results: Result[] = [];
  if (minProperties !== undefined && keys.length < Number(minProperties)) {
    const text = `should have at least ${minProperties} properties`;
    results.push(failed(ofField(path, text, keys.length)));
  }
  if (maxProperties !== undefined && keys.length > Number(maxProperties)) {
    results.push(failed(ofCount(path, keys.length, Number(maxProperties), "properties")));
  }
  for (const key of unknown) {
    if (schema.additionalProperties === false) {
      const text = `${path}.${key} in body is a forbidden property`;
      const error = (field: string) => invalid(field, key, text);
      results.push(failed({ text, name: path, error }));
    } else if (more !== undefined) results.push(check(value[key], more, `${path}.${key}`));
  }
  for (const [name, property] of propertiesOf(schema)) {
    if (!Object.hasOwn(value, name)) continue;
    results.push(check(value[name], property, path === "" ? name : `${path}.${name}`));
  }
  for (const name of names.filter((one) => !Object.hasOwn(value, one))) {
    const place = `${path}.${name}`;
    const text = `${place} in body is required`;
    results.push(failed({ text, name: place, error: (field) => required(field, "") }));
  }
  return merge(...results);
}
