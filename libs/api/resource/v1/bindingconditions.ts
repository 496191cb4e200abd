/** Conditions that a device has to reach, or must not, before its pod is bound. */
import { duplicate, invalid, type FieldError } from "../../errors.ts";
import { qualifiedNameField } from "../../validation/fields.ts";
import { validateList } from "./lists.ts";

const conditionsMax = 4;

interface Conditions {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

export function validateBindingConditions(
  { bindingConditions: good = [], bindingFailureConditions: bad = [] }: Conditions,
  path: string,
): FieldError[] {
  const goodPath = `${path}.bindingConditions`;
  const badPath = `${path}.bindingFailureConditions`;
  const check = (name: string, at: string) => qualifiedNameField(at, name);
  const repeated = (names: readonly string[], at: string) => (name: string, index: number) =>
    names.indexOf(name) < index ? [duplicate(`${at}[${index}]`, name)] : [];
  const overlap = "bindingFailureConditions must not overlap with bindingConditions";
  const errors = [
    ...validateList(good, conditionsMax, goodPath, check),
    ...validateList(bad, conditionsMax, badPath, check),
    ...good.flatMap(repeated(good, goodPath)),
    ...bad.flatMap((name, index) => [
      ...repeated(bad, badPath)(name, index),
      ...(good.includes(name) ? [invalid(`${badPath}[${index}]`, name, overlap)] : []),
    ]),
  ];
  if (good.length === 0 && bad.length > 0) {
    const detail = "bindingConditions are required to use bindingFailureConditions";
    errors.push(invalid(goodPath, null, detail));
  }
  if (bad.length === 0 && good.length > 0) {
    const detail = "bindingFailureConditions are required to use bindingConditions";
    errors.push(invalid(badPath, null, detail));
  }
  return errors;
}
