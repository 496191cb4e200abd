/** Conditions as meta.k8s.io has them; texts of apimachinery pkg/apis/meta/v1/validation. */
import type { Condition } from "#proto/gen/k8s/meta/v1.ts";
import { duplicate, invalid, notSupported, required, tooLong, type FieldError } from "../errors.ts";
import { shapeText } from "../shapetext.ts";
import { qualifiedNameField } from "./fields.ts";

const reasonBytesMax = 1024;
const messageBytesMax = 32 * 1024;
const statuses = ["False", "True", "Unknown"];
const reasonPattern = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonRegex = new RegExp(`^(?:${reasonPattern})$`);
const reasonText = shapeText(
  "a condition reason must start with alphabetic character, optionally followed by a string of " +
    "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  reasonPattern,
  ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"],
);

/** What is wrong with a list of conditions, of which there is one of a type. */
export function validateConditions(
  conditions: readonly Condition[] | null | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, index) => {
    const { type = "" } = condition;
    const isRepeated = seen.has(type);
    seen.add(type);
    const at = `${path}[${index}]`;
    return [
      ...(isRepeated ? [duplicate(`${at}.type`, type)] : []),
      ...validateCondition(condition, at),
    ];
  });
}

function validateCondition(condition: Condition, path: string): FieldError[] {
  const { type = "", status = "", observedGeneration = 0, message = "" } = condition;
  const errors = qualifiedNameField(`${path}.type`, type);
  if (!statuses.includes(status)) {
    errors.push(notSupported(`${path}.status`, status, statuses));
  }
  if (observedGeneration < 0) {
    const detail = "must be greater than or equal to zero";
    errors.push(invalid(`${path}.observedGeneration`, observedGeneration, detail));
  }
  if (!condition.lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`, ""));
  errors.push(...validateReason(condition.reason ?? "", `${path}.reason`));
  if (Buffer.byteLength(message) > messageBytesMax) {
    errors.push(tooLong(`${path}.message`, messageBytesMax));
  }
  return errors;
}

function validateReason(reason: string, path: string): FieldError[] {
  if (reason === "") return [required(path, "")];
  return [
    ...(reasonRegex.test(reason) ? [] : [invalid(path, reason, reasonText)]),
    ...(reason.length > reasonBytesMax ? [tooLong(path, reasonBytesMax)] : []),
  ];
}
