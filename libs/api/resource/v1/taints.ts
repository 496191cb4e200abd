/** Taints of devices, and tolerations of them. */
import type { DeviceTaint, DeviceToleration } from "#proto/gen/k8s/resource/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { labelValueErrors } from "../../names.ts";
import { invalidFor, qualifiedNameField, wordField } from "../../validation/fields.ts";

const effects = ["NoExecute", "NoSchedule", "None"];

export function validateTaint(taint: DeviceTaint, path: string): FieldError[] {
  const { key = "", value = "", effect } = taint;
  return [
    ...qualifiedNameField(`${path}.key`, key),
    ...invalidFor(`${path}.value`, value, labelValueErrors(value)),
    ...wordField(`${path}.effect`, effect, effects),
  ];
}

export function validateToleration(toleration: DeviceToleration, path: string): FieldError[] {
  const { key = "", operator = "", value = "", effect = "" } = toleration;
  const isEffectBad = effect !== "" && !effects.includes(effect);
  return [
    ...(key === "" ? [] : qualifiedNameField(`${path}.key`, key)),
    ...validateOperator(operator, value, path),
    ...(isEffectBad ? [notSupported(`${path}.effect`, effect, effects)] : []),
  ];
}

function validateOperator(operator: string, value: string, path: string): FieldError[] {
  switch (operator) {
    case "Exists":
      if (value === "") return [];
      return [invalid(`${path}.value`, value, "must be empty for operator `Exists`")];
    case "Equal":
      return invalidFor(`${path}.value`, value, labelValueErrors(value));
    case "":
      return [required(`${path}.operator`, "")];
    default:
      return [notSupported(`${path}.operator`, operator, ["Equal", "Exists"])];
  }
}
