/** x-kubernetes-validations: rules in CEL, and what is said with them. */
import { compileMessage, compileRule } from "../../../cel/rules.ts";
import { ruleEnvironment, schemaTypes } from "../../../cel/schemas.ts";
import {
  internalFieldError,
  invalid,
  notSupported,
  required,
  type FieldError,
} from "../../errors.ts";
import { findField } from "./fieldpath.ts";
import { goRule } from "./goform.ts";
import { structuralReadError } from "./structural.ts";
import type { Schema } from "./tree.ts";

const reasons = [
  ...["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"],
];

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

/** What can be said of the rules of one schema without compiling them. */
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

export interface RulePlace {
  /** Of the schema. */
  readonly path: string;
  /** A whole object. */
  readonly isRoot: boolean;
  /** Within which lists or maps nobody can tell what a value was before; undefined for none. */
  readonly uncorrelatable: string | undefined;
}

/** Errors of the rules' expressions; everything else of the schema and below it is right. */
export function expressionFields(schema: Schema, place: RulePlace): FieldError[] {
  const { "x-kubernetes-validations": rules = [] } = schema;
  const { path, isRoot, uncorrelatable } = place;
  if (rules.length === 0) return [];
  const types = schemaTypes(schema, isRoot);
  const at = `${path}.x-kubernetes-validations`;
  if (types === undefined) {
    const why = "unable to convert structural schema to CEL declarations";
    const what = "failed to construct type information for x-kubernetes-validations rules";
    return [internalFieldError(at, `internal error: ${what}: ${why}`)];
  }
  return rules.flatMap((rule, index) => {
    const { rule: expression = "", messageExpression = "", optionalOldSelf } = rule;
    const environment = ruleEnvironment(types, optionalOldSelf === true);
    const compiled = compileRule(environment, expression);
    const field = `${at}[${index}]`;
    const errors: FieldError[] = [];
    if ("detail" in compiled) {
      errors.push(invalid(`${field}.rule`, goRule(rule), compiled.detail));
    } else if (messageExpression !== "") {
      const message = compileMessage(environment, messageExpression);
      if ("detail" in message) {
        errors.push(invalid(`${field}.messageExpression`, goRule(rule), message.detail));
      }
    }
    if ("program" in compiled && compiled.usesOldSelf) {
      if (uncorrelatable !== undefined) {
        const detail =
          "oldSelf cannot be used on the uncorrelatable portion of the schema within " +
          uncorrelatable;
        errors.push(invalid(`${field}.rule`, expression, detail));
      }
    } else if (optionalOldSelf !== undefined) {
      const detail = "may not be set if oldSelf is not used in rule";
      errors.push(invalid(`${field}.optionalOldSelf`, optionalOldSelf, detail));
    }
    return errors;
  });
}
