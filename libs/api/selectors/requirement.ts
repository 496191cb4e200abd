/** One requirement of a label selector and what makes it valid. */
import { aggregateText, badRequest, invalid, type FieldError } from "../errors.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";

export type Operator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** One for `=`, `==`, `!=`, `gt`, `lt`; none for `exists` and `!`. */
  readonly values: readonly string[];
  /** The value of `gt` and `lt` as a number, read once. */
  readonly bound: bigint | undefined;
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** Throws BadRequest that names everything wrong with key and values. */
export function newRequirement(
  key: string,
  operator: Operator,
  values: readonly string[],
): Requirement {
  const bound = operator === "gt" || operator === "lt" ? int64Of(values[0]) : undefined;
  const errors = [
    ...keyErrors("key", key),
    ...countErrors(operator, values),
    ...values.flatMap((value, index) => valueErrors(key, value, index)),
  ];
  if (errors.length > 0) throw badRequest(aggregateText(errors));
  return { key, operator, values, bound };
}

/** `field` as the message names it; Kubernetes names none (`<nil>`) while it parses. */
export function keyErrors(field: string, key: string): FieldError[] {
  const texts = qualifiedNameErrors(key);
  return texts.length === 0 ? [] : [invalid(field, key, texts.join("; "))];
}

function valueErrors(key: string, value: string, index: number): FieldError[] {
  const texts = labelValueErrors(value);
  return texts.length === 0 ? [] : [invalid(`values[${index}][${key}]`, value, texts.join("; "))];
}

function countErrors(operator: Operator, values: readonly string[]): FieldError[] {
  const refuse = (detail: string) => [invalid("values", values, detail)];
  const count = values.length;
  switch (operator) {
    case "in":
    case "notin":
      if (count > 0) return [];
      return refuse("for 'in', 'notin' operators, values set can't be empty");
    case "exists":
    case "!":
      return count === 0 ? [] : refuse("values set must be empty for exists and does not exist");
    case "gt":
    case "lt":
      if (count !== 1) return refuse("for 'Gt', 'Lt' operators, exactly one value is required");
      return int64Of(values[0]) === undefined ? [notInteger(values[0])] : [];
    default:
      return count === 1 ? [] : refuse("exact-match compatibility requires one single value");
  }
}

const notInteger = (value: unknown): FieldError =>
  invalid("values[0]", value, "for 'Gt', 'Lt' operators, the value must be an integer");

function int64Of(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d+$/.test(text)) return undefined;
  const number = BigInt(text);
  return number >= int64Min && number <= int64Max ? number : undefined;
}
