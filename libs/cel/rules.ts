/** Rules of custom resources: x-kubernetes-validations. */
import { bool, sameType, string } from "./celtype.ts";
import { compile, type Program } from "./compile.ts";
import type { Environment } from "./environment.ts";
import { walk } from "./syntax/ast.ts";

export type CompiledRule =
  | { readonly program: Program; readonly usesOldSelf: boolean }
  /** Why the rule is refused. */
  | { readonly detail: string };

/** Never throws. */
export function compileRule(environment: Environment, rule: string): CompiledRule {
  const compiled = compile(environment, rule);
  if (!compiled.ok) return { detail: `compilation failed: ${compiled.fault.text}` };
  const { program } = compiled;
  if (!sameType(program.type, bool)) return { detail: "cel expression must evaluate to a bool" };
  const nodes = [...walk(program.expr)];
  const usesOldSelf = nodes.some((node) => node.kind === "ident" && node.name === "oldSelf");
  return { program, usesOldSelf };
}

export type CompiledMessage = { readonly program: Program } | { readonly detail: string };

/** Never throws. */
export function compileMessage(environment: Environment, expression: string): CompiledMessage {
  const compiled = compile(environment, expression);
  if (!compiled.ok)
    return { detail: `messageExpression compilation failed: ${compiled.fault.text}` };
  const { program } = compiled;
  if (sameType(program.type, string)) return { program };
  return { detail: "messageExpression must evaluate to a string" };
}
