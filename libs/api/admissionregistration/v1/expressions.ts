/** Variables of policies, and what expressions of policies see. */
import type { Variable } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { invalid, required, type FieldError } from "../../errors.ts";
import { celField, isCelIdentifier, type CelSurroundings } from "../../validation/cel.ts";

/** What a policy's expressions see besides the request: parameters and the policy's variables. */
export interface PolicyScope {
  readonly hasParams: boolean;
  readonly variables: readonly Variable[];
}

/** What stands around an expression that comes after `count` of the variables. */
export function surroundings(
  { hasParams, variables }: PolicyScope,
  count: number = variables.length,
): CelSurroundings {
  const seen = variables
    .slice(0, count)
    .map(({ name = "", expression = "" }) => ({ name, expression }));
  return {
    hasParams,
    hasAuthorizer: true,
    ...(variables.length === 0 ? {} : { variables: seen }),
  };
}

/** What is wrong with a policy's variables. */
export function validateVariables(scope: PolicyScope, path: string): FieldError[] {
  return scope.variables.flatMap(({ name = "", expression = "" }, index) => {
    const at = `${path}[${index}]`;
    const use = { type: "variable", ...surroundings(scope, index) } as const;
    return [
      ...nameErrors(name, `${at}.name`),
      ...(expression.trim() === ""
        ? [required(`${at}.expression`, "expression is not specified")]
        : celField(`${at}.expression`, expression, use)),
    ];
  });
}

function nameErrors(name: string, path: string): FieldError[] {
  if (name.trim() === "") return [required(path, "name is not specified")];
  return isCelIdentifier(name) ? [] : [invalid(path, name, "must be a valid CEL identifier")];
}
