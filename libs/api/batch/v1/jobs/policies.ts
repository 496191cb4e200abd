/** When a job has failed or succeeded before its pods are done (Kubernetes: batch/validation). */
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "#proto/gen/k8s/batch/v1.ts";
import {
  duplicate,
  invalid,
  notSupported,
  omitValue,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from "../../../errors.ts";
import { goQuote } from "../../../gotext.ts";
import { nonNegative, qualifiedNameField } from "../../../validation/fields.ts";
import { IndexesError, parseIndexes } from "./indexes.ts";

const rulesMax = 20;
const exitCodesMax = 255;
const patternsMax = 20;
const succeededIndexesBytesMax = 64 * 1024;

const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
const operators = ["In", "NotIn"];
const statuses = ["False", "True", "Unknown"];

export function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const at = `${path}.rules`;
  const { containers, initContainers } = spec.template?.spec ?? {};
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name));
  return [
    ...(rules.length > rulesMax ? [tooMany(at, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(rule, spec, names, `${at}[${index}]`)),
  ];
}

function validateFailureRule(
  { action = "", onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  spec: JobSpec,
  names: ReadonlySet<string | undefined>,
  path: string,
): FieldError[] {
  const errors = validateAction(action, spec, `${path}.action`);
  if (onExitCodes !== undefined) {
    errors.push(...validateExitCodes(onExitCodes, names, `${path}.onExitCodes`));
  }
  errors.push(...validatePatterns(onPodConditions, `${path}.onPodConditions`));
  const hasConditions = onPodConditions.length > 0;
  if (onExitCodes !== undefined && hasConditions) {
    const detail = "specifying both OnExitCodes and OnPodConditions is not supported";
    errors.push(invalid(path, omitValue, detail));
  } else if (onExitCodes === undefined && !hasConditions) {
    const detail = "specifying one of OnExitCodes and OnPodConditions is required";
    errors.push(invalid(path, omitValue, detail));
  }
  return errors;
}

function validateAction(action: string, spec: JobSpec, path: string): FieldError[] {
  if (action !== "FailIndex") return oneOf(path, action, actions);
  if (spec.backoffLimitPerIndex !== undefined) return [];
  return [invalid(path, action, "requires the backoffLimitPerIndex to be set")];
}

/** Kubernetes names the words for an absent value, too. */
function oneOf(path: string, value: string, words: readonly string[]): FieldError[] {
  if (value === "") return [required(path, `valid values: [${words.map(goQuote).join(" ")}]`)];
  return words.includes(value) ? [] : [notSupported(path, value, words)];
}

function validateExitCodes(
  { operator = "", containerName, values: given }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string | undefined>,
  path: string,
): FieldError[] {
  const values = given ?? [];
  const errors = oneOf(`${path}.operator`, operator, operators);
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    errors.push(invalid(`${path}.containerName`, containerName, detail));
  }
  const at = `${path}.values`;
  if (values.length === 0) errors.push(invalid(at, values, "at least one value is required"));
  if (values.length > exitCodesMax) errors.push(tooMany(at, values.length, exitCodesMax));
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (operator === "In" && value === 0) {
      errors.push(invalid(`${at}[${index}]`, value, "must not be 0 for the In operator"));
    }
    if (seen.has(value)) errors.push(duplicate(`${at}[${index}]`, value));
    seen.add(value);
  }
  const isOrdered = values.every(
    (value, index) => index === 0 || (values[index - 1] ?? 0) <= value,
  );
  return isOrdered ? errors : [...errors, invalid(at, values, "must be ordered")];
}

function validatePatterns(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: string,
): FieldError[] {
  return [
    ...(patterns.length > patternsMax ? [tooMany(path, patterns.length, patternsMax)] : []),
    ...patterns.flatMap(({ type = "", status = "" }, index) => [
      ...qualifiedNameField(`${path}[${index}].type`, type),
      ...oneOf(`${path}[${index}].status`, status, statuses),
    ]),
  ];
}

/** Of an indexed job. */
export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? [];
  const at = `${path}.rules`;
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    const detail = "at least one rules must be specified when the successPolicy is specified";
    errors.push(required(at, detail));
  }
  if (rules.length > rulesMax) errors.push(tooMany(at, rules.length, rulesMax));
  const completions = spec.completions ?? 0;
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, completions, `${at}[${index}]`)),
  ];
}

function validateSuccessRule(
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  completions: number,
  path: string,
): FieldError[] {
  if (succeededIndexes === undefined && succeededCount === undefined) {
    const detail = "at least one of succeededCount or succeededIndexes must be specified";
    return [required(path, detail)];
  }
  const { errors, total } = countIndexes(succeededIndexes, completions, `${path}.succeededIndexes`);
  if (succeededCount === undefined) return errors;
  const at = `${path}.succeededCount`;
  errors.push(...nonNegative(at, succeededCount));
  const tooHigh = (count: number, what: string) =>
    invalid(at, succeededCount, `must be less than or equal to ${count} (the number of ${what})`);
  if (succeededCount > completions) errors.push(tooHigh(completions, "specified completions"));
  if (succeededIndexes !== undefined && succeededCount > total) {
    errors.push(tooHigh(total, "indexes in the specified succeededIndexes field"));
  }
  return errors;
}

function countIndexes(
  text: string | undefined,
  completions: number,
  path: string,
): { errors: FieldError[]; total: number } {
  if (text === undefined) return { errors: [], total: 0 };
  const isLong = Buffer.byteLength(text) > succeededIndexesBytesMax;
  const errors = isLong ? [tooLong(path, succeededIndexesBytesMax)] : [];
  try {
    const intervals = parseIndexes(text, completions);
    const total = intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    return { errors, total };
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    const detail = `error parsing succeededIndexes: ${error.message}`;
    return { errors: [...errors, invalid(path, text, detail)], total: 0 };
  }
}
