/** Validation of validating admission policies, in Kubernetes' order. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  Validation,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { duplicate, invalid, required, type FieldError } from "../../../errors.ts";
import { goStruct } from "../../../goform.ts";
import { celField } from "../../../validation/cel.ts";
import { optionalWordField, qualifiedNameField } from "../../../validation/fields.ts";
import { surroundings, validateVariables, type PolicyScope } from "../expressions.ts";
import { validateMatchConditions } from "../matchconditions.ts";
import { validateParamKind } from "../params.ts";
import { validateMatchResources } from "../rules.ts";

export const failurePolicies = ["Fail", "Ignore"];

type Spec = ValidatingAdmissionPolicySpec;

/** What is wrong with a new policy, or with one that takes the place of `old`. */
export function validatePolicy(
  { metadata, spec = {} }: ValidatingAdmissionPolicy,
  old?: ValidatingAdmissionPolicy,
): FieldError[] {
  const scope = { hasParams: spec.paramKind !== undefined, variables: spec.variables ?? [] };
  return [
    ...optionalWordField("spec.failurePolicy", spec.failurePolicy, failurePolicies),
    ...(spec.paramKind === undefined ? [] : validateParamKind(spec.paramKind, "spec.paramKind")),
    ...validateConstraints(spec.matchConstraints, "spec.matchConstraints"),
    ...(keepsConditions(spec, old?.spec)
      ? []
      : validateMatchConditions(spec.matchConditions, scope, "spec.matchConditions")),
    ...validateVariables(scope, "spec.variables"),
    ...validateParts(spec, metadata?.name ?? "", scope),
  ];
}

/** What a policy is for has to be said, so that types can be checked. */
export function validateConstraints(
  constraints: Spec["matchConstraints"],
  path: string,
): FieldError[] {
  if (constraints === undefined) return [required(path, "")];
  const isEmpty = (constraints.resourceRules ?? []).length === 0;
  return [
    ...validateMatchResources(constraints, path),
    ...(isEmpty ? [required(`${path}.resourceRules`, "")] : []),
  ];
}

/** Conditions that nothing touched are not looked at again. */
export function keepsConditions(
  spec: Pick<Spec, "paramKind" | "matchConditions">,
  old: Pick<Spec, "paramKind" | "matchConditions"> | undefined,
): boolean {
  if (old === undefined) return false;
  const kept = ["paramKind", "matchConditions"] as const;
  return kept.every((field) => semanticEqual(spec[field], old[field]));
}

const annotationsMax = 20;

function validateParts(spec: Spec, name: string, scope: PolicyScope): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = "validations or auditAnnotations must contain at least one item";
    return [required("spec.validations", detail), required("spec.auditAnnotations", detail)];
  }
  const path = "spec.auditAnnotations";
  const errors = validations.flatMap((validation, index) =>
    validateValidation(validation, scope, `spec.validations[${index}]`),
  );
  if (auditAnnotations.length > annotationsMax) {
    const schema = schemaOf("k8s.admissionregistration.v1.AuditAnnotation");
    const shown = auditAnnotations.map((annotation) => goStruct(annotation, schema));
    const detail = `must not have more than ${annotationsMax} auditAnnotations`;
    errors.push(invalid(path, shown, detail));
  }
  const keys = new Set<string>();
  for (const [index, annotation] of auditAnnotations.entries()) {
    const { key = "" } = annotation;
    errors.push(...validateAnnotation(annotation, name, scope, `${path}[${index}]`));
    if (keys.has(key)) errors.push(duplicate(`${path}[${index}].key`, key));
    keys.add(key);
  }
  return errors;
}

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge"];

function validateValidation(
  validation: Validation,
  scope: PolicyScope,
  path: string,
): FieldError[] {
  const { expression = "", message = "", messageExpression = "", reason } = validation;
  const around = surroundings(scope);
  const errors: FieldError[] = [];
  if (expression.trim() === "") {
    errors.push(required(`${path}.expression`, "expression is not specified"));
  } else {
    errors.push(...celField(`${path}.expression`, expression, { type: "validation", ...around }));
  }
  const messagePath = `${path}.messageExpression`;
  if (messageExpression.trim() !== "") {
    // A message has no right to ask who may do what.
    const use = { type: "messageExpression", ...around, hasAuthorizer: false } as const;
    errors.push(...celField(messagePath, messageExpression, use));
  } else if (messageExpression !== "") {
    errors.push(invalid(messagePath, messageExpression, "must be non-empty if specified"));
  }
  if (message !== "" && message.trim() === "") {
    errors.push(invalid(`${path}.message`, message, "must be non-empty if specified"));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalid(`${path}.message`, message, "must not contain line breaks"));
  }
  return [...errors, ...optionalWordField(`${path}.reason`, reason, reasons)];
}

const valueBytesMax = 5 * 1024;

function validateAnnotation(
  { key = "", valueExpression = "" }: AuditAnnotation,
  name: string,
  scope: PolicyScope,
  path: string,
): FieldError[] {
  const errors =
    name === ""
      ? [invalid(`${path}.key`, key, "requires metadata.name be non-empty")]
      : qualifiedNameField(`${path}.key`, `${name}/${key}`);
  const at = `${path}.valueExpression`;
  const trimmed = valueExpression.trim();
  if (trimmed === "") return [...errors, required(at, "valueExpression is not specified")];
  if (Buffer.byteLength(trimmed) > valueBytesMax) {
    return [...errors, required(at, `must not exceed ${valueBytesMax} bytes in length`)];
  }
  const use = { type: "auditAnnotation", ...surroundings(scope) } as const;
  const found = celField(at, trimmed, use);
  // The value that is shown is the one that was given.
  return [
    ...errors,
    ...found.map((error) =>
      error.type === "Invalid" ? { ...error, value: valueExpression } : error,
    ),
  ];
}
