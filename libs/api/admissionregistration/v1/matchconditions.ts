/** Conditions besides the rules, as expressions. */
import type { MatchCondition } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { duplicate, required, tooMany, type FieldError } from "../../errors.ts";
import { celField } from "../../validation/cel.ts";
import { qualifiedNameField } from "../../validation/fields.ts";

const conditionsMax = 64;

/** What is wrong with a webhook's or policy's match conditions. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] = [],
  { hasParams }: { readonly hasParams: boolean },
  path: string,
): FieldError[] {
  const names = new Set<string>();
  const isTooMany = conditions.length > conditionsMax;
  return [
    ...(isTooMany ? [tooMany(path, conditions.length, conditionsMax)] : []),
    ...conditions.flatMap((condition, index) => {
      const { name = "" } = condition;
      const isRepeated = name !== "" && names.has(name);
      names.add(name);
      return [
        ...validateMatchCondition(condition, hasParams, `${path}[${index}]`),
        ...(isRepeated ? [duplicate(`${path}[${index}].name`, name)] : []),
      ];
    }),
  ];
}

function validateMatchCondition(
  { name = "", expression = "" }: MatchCondition,
  hasParams: boolean,
  path: string,
): FieldError[] {
  const trimmed = expression.trim();
  const use = { type: "matchCondition", hasParams, hasAuthorizer: true } as const;
  return [
    ...(trimmed === ""
      ? [required(`${path}.expression`, "")]
      : celField(`${path}.expression`, trimmed, use)),
    ...(name === "" ? [required(`${path}.name`, "")] : qualifiedNameField(`${path}.name`, name)),
  ];
}
