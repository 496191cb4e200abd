/** Expressions in objects: their errors, as Kubernetes tells them. */
import { compileFor, type CelUse } from "../../cel/uses.ts";
import { internalFieldError, invalid, required, type FieldError } from "../errors.ts";

export type { CelSurroundings, CelUse, CelVariable } from "../../cel/uses.ts";

/** The error of an expression at a field, with the expression as its value. */
export function celField(field: string, expression: string, use: CelUse): FieldError[] {
  const compiled = compileFor(expression, use);
  if ("program" in compiled) return [];
  const { failure } = compiled;
  switch (failure.type) {
    case "Required":
      return [required(field, failure.detail)];
    case "Invalid":
      return [invalid(field, expression, failure.detail)];
    case "InternalError":
      return [internalFieldError(field, failure.detail)];
  }
}

const reserved: ReadonlySet<string> = new Set([
  ...["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for"],
  ...["function", "if", "import", "let", "loop", "package", "namespace", "return", "var"],
  ...["void", "while"],
]);

/** Whether an expression can call something by that name. */
export const isCelIdentifier = (name: string): boolean =>
  /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reserved.has(name);
