/**
 * x-kubernetes-validations: what can be said of a rule without its CEL. Compiling needs the types
 * of the schema: whoever serves custom resources adds it at `ruleFields`.
 */
import { invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { findField } from "./fieldpath.ts";
import { structuralReadError } from "./structural.ts";
import type { Schema } from "./tree.ts";

const reasons = [
  ...["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"],
];

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

/** Errors of the rules of one schema, at the schema's path. */
export function ruleFields(path: string, schema: Schema): FieldError[] {
  const { "x-kubernetes-validations": rules = [] } = schema;
  return rules.flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const { messageExpression = "", reason, fieldPath = "" } = rule;
    const errors = textFields(at, rule.rule ?? "", rule.message ?? "");
    if (messageExpression !== "" && messageExpression.trim() === "") {
      const detail = "messageExpression must be non-empty if specified";
      errors.push(required(`${at}.messageExpression`, detail));
    }
    if (reason !== undefined && !reasons.includes(reason)) {
      errors.push(notSupported(`${at}.reason`, reason, reasons));
    }
    return [...errors, ...fieldPathFields(`${at}.fieldPath`, fieldPath, schema)];
  });
}

function textFields(at: string, rule: string, message: string): FieldError[] {
  const trimmed = message.trim();
  if (rule.trim() === "") return [required(`${at}.rule`, "rule is not specified")];
  if (message !== "" && trimmed === "") {
    return [invalid(`${at}.message`, message, "must be non-empty if specified")];
  }
  if (hasNewlines(trimmed)) {
    return [invalid(`${at}.message`, message, "must not contain line breaks")];
  }
  if (hasNewlines(rule.trim()) && trimmed === "") {
    return [required(`${at}.message`, "message must be specified if rule contains line breaks")];
  }
  return [];
}

function fieldPathFields(at: string, path: string, schema: Schema): FieldError[] {
  if (path === "") return [];
  const errors: FieldError[] = [];
  if (path.trim() === "") errors.push(invalid(at, path, "must be non-empty if specified"));
  if (hasNewlines(path)) errors.push(invalid(at, path, "must not contain line breaks"));
  const isStructural = structuralReadError(schema) === "";
  if (isStructural && typeof findField(path, schema, true) === "string") {
    errors.push(invalid(at, path, "must be a valid path"));
  }
  return errors;
}
