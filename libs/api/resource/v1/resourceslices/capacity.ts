/** How much of a device's capacity one claim may take. */
import type {
  CapacityRequestPolicy,
  CapacityRequestPolicyRange,
} from "#proto/gen/k8s/resource/v1.ts";
import {
  duplicate,
  forbidden,
  invalid,
  required,
  tooMany,
  type FieldError,
} from "../../../errors.ts";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  quantityValue,
} from "../../../quantity.ts";

const optionsMax = 10;

/** What is wrong with a policy of a capacity of `whole`. */
export function validatePolicy(
  whole: string,
  policy: CapacityRequestPolicy,
  path: string,
): FieldError[] {
  const { validValues = [], validRange } = policy;
  // Go writes a default that was not given as null.
  const usual = policy.default ?? undefined;
  if (validValues.length > 0 && validRange !== undefined) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" ' +
      "at the same time";
    return [forbidden(path, detail)];
  }
  const needed = (what: string) => [
    required(`${path}.default`, `required when ${what} is defined`),
  ];
  if (validValues.length > 0) {
    if (usual === undefined) return needed("validValues");
    return validateValues(usual, whole, validValues, `${path}.validValues`);
  }
  if (validRange === undefined) return [];
  if (usual === undefined) return needed("validRange");
  return validateRange(usual, whole, validRange, `${path}.validRange`);
}

function validateValues(
  usual: string,
  whole: string,
  values: readonly string[],
  path: string,
): FieldError[] {
  const errors = values.slice(1).flatMap((value, index) => {
    if (compareQuantities(values[index] ?? "0", value) <= 0) return [];
    const at = `${path}[${index + 1}]`;
    return [invalid(at, canonicalQuantity(value), "values must be sorted in ascending order")];
  });
  if (values.length > optionsMax) errors.push(tooMany(path, values.length, optionsMax));
  else errors.push(...validateOptions(whole, values, path));
  const isKnown =
    values.length <= optionsMax && values.some((value) => compareQuantities(value, usual) === 0);
  if (isKnown) return errors;
  const detail = "default value is not valid according to the requestPolicy";
  return [...errors, invalid(path, canonicalQuantity(usual), detail)];
}

function validateOptions(whole: string, values: readonly string[], path: string): FieldError[] {
  const keys = values.map((value) => String(quantityValue(value)));
  return [
    ...values.flatMap((value, index) => {
      if (compareQuantities(value, whole) <= 0) return [];
      const detail = `option is larger than capacity value: ${canonicalQuantity(whole)}`;
      return [invalid(`${path}[${index}]`, canonicalQuantity(value), detail)];
    }),
    ...keys.flatMap((key, index) =>
      keys.indexOf(key) < index ? [duplicate(`${path}[${index}]`, key)] : [],
    ),
  ];
}

function validateRange(
  usual: string,
  whole: string,
  { min, max, step }: CapacityRequestPolicyRange,
  path: string,
): FieldError[] {
  if (min === undefined) return [required(`${path}.min`, "required when validRange is defined")];
  const errors: FieldError[] = [];
  const least = canonicalQuantity(min);
  const refuse = (field: string, shown: string, detail: string) => {
    errors.push(invalid(`${path}.${field}`, canonicalQuantity(shown), detail));
  };
  const all = canonicalQuantity(whole);
  const isAbove = (one: string, other: string) => compareQuantities(one, other) > 0;
  if (isAbove(min, whole)) refuse("min", min, `min is larger than capacity value: ${all}`);
  if (isAbove(min, usual)) refuse("min", usual, `default is less than min: ${least}`);
  if (max !== undefined) {
    const most = canonicalQuantity(max);
    if (isAbove(min, max)) refuse("max", min, `min is larger than max: ${most}`);
    if (isAbove(max, whole)) refuse("max", max, `max is larger than capacity value: ${all}`);
    if (isAbove(usual, max)) refuse("max", usual, `default is more than max: ${most}`);
  }
  if (step === undefined) return errors;
  const added = addQuantities(min, step);
  if (isAbove(added, whole)) {
    const detail = `one step ${canonicalQuantity(added)} is larger than capacity value: ${all}`;
    refuse("step", step, detail);
  }
  for (const value of [usual, ...(max === undefined ? [] : [max])]) {
    // A step of nothing leads nowhere.
    const rest = (quantityValue(value) - quantityValue(min)) % quantityValue(step);
    if (rest === 0) continue;
    const words = `(${canonicalQuantity(step)}) from (${least})`;
    refuse("step", value, `value is not a multiple of a given step ${words}`);
  }
  return errors;
}
