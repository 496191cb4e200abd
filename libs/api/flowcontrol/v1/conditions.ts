/** Conditions of flow schemas and priority levels. */
import { duplicate, required, type FieldError } from "../../errors.ts";

interface Condition {
  readonly type?: string;
}

/** Every condition has a type, and there is one of a type. */
export function validateConditions(conditions: readonly Condition[] = []): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ type = "" }, index) => {
    const path = `status.conditions[${index}].type`;
    const isRepeated = seen.has(type);
    seen.add(type);
    return [
      ...(isRepeated ? [duplicate(path, type)] : []),
      ...(type === "" ? [required(path, "")] : []),
    ];
  });
}
