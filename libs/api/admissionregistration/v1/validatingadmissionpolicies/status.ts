/** Validation of what a controller found out about a policy. */
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicyStatus,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import { required, type FieldError } from "../../../errors.ts";
import { validateConditions } from "../../../validation/conditions.ts";
import { requireText } from "../../../validation/fields.ts";

export function validatePolicyStatus(status: ValidatingAdmissionPolicyStatus): FieldError[] {
  const { expressionWarnings = [] } = status.typeChecking ?? {};
  const path = "status.typeChecking.expressionWarnings";
  return [
    ...expressionWarnings.flatMap((warning, index) =>
      validateWarning(warning, `${path}[${index}]`),
    ),
    ...validateConditions(status.conditions, "status.conditions"),
  ];
}

function validateWarning({ fieldRef = "", warning }: ExpressionWarning, path: string) {
  return [
    ...requireText(`${path}.warning`, warning),
    ...(fieldRef.trim() === "" ? [required(`${path}.fieldRef`, "")] : []),
  ];
}
