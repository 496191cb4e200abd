/**
 * Compiles and evaluates expressions of the Common Expression Language with the functions that
 * Kubernetes adds to it. What is wrong with an expression is told in cel-go's words, since API
 * clients see them.
 */
import type { CelType } from "./celtype.ts";
import { check, type Checked } from "./check/checker.ts";
import { literalFaults } from "./check/literals.ts";
import { Environment } from "./environment.ts";
import { CostExceeded, Frame, type Step } from "./evaluate/frame.ts";
import { plan } from "./evaluate/plan.ts";
import { addresses } from "./functions/addresses.ts";
import { authorization } from "./functions/authorizer.ts";
import { conversions } from "./functions/conversions.ts";
import { namedFormats } from "./functions/formats.ts";
import { lists } from "./functions/lists.ts";
import { operators } from "./functions/operators.ts";
import { optionals } from "./functions/optionals.ts";
import { quantities } from "./functions/quantities.ts";
import { regex } from "./functions/regex.ts";
import { semvers } from "./functions/semvers.ts";
import { texts } from "./functions/texts.ts";
import { times } from "./functions/times.ts";
import { urls } from "./functions/urls.ts";
import type { Expr } from "./syntax/ast.ts";
import { parse } from "./syntax/parser.ts";
import { CelError, type Value } from "./values/value.ts";

/** Kubernetes' functions and types; variables are the caller's to add. */
export const kubernetes: Environment = Environment.of([
  ...operators,
  ...conversions,
  ...texts,
  ...times,
  ...optionals,
  ...lists,
  ...regex,
  ...urls,
  ...quantities,
  ...addresses,
  ...namedFormats,
  ...semvers,
  ...authorization,
]);

/** What one evaluation may cost (Kubernetes' PerCallLimit). */
export const evaluationCostMax = 1_000_000;

export interface Evaluated {
  /** A `CelError` when the expression came to none. */
  readonly value: Value;
  /** In cel-go's units; also of an evaluation that failed. */
  readonly cost: number;
}

export interface Program {
  readonly type: CelType;
  readonly expr: Expr;
  readonly checked: Checked;
  /**
   * @param variables the value of a variable; undefined when it has none. Asked only for those
   *   that the expression comes to.
   * @param costMax at most {@link evaluationCostMax}; beyond it the evaluation is cut off
   */
  evaluate(variables: (name: string) => Value | undefined, costMax?: number): Evaluated;
}

/** What is wrong with an expression. `text` has a line for each fault, with its place. */
export interface CompileFault {
  readonly kind: "syntax" | "type";
  readonly text: string;
}

export type Compiled =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly fault: CompileFault };

/** Never throws. */
export function compile(environment: Environment, text: string): Compiled {
  const { expr, source, faults, offsets } = parse(text, environment.hasBind);
  const refuse = (kind: CompileFault["kind"], found: typeof faults): Compiled => ({
    ok: false,
    fault: { kind, text: source.describe(found) },
  });
  if (faults.length > 0) return refuse("syntax", faults);
  const checked = check(environment, expr, offsets);
  if (checked.faults.length > 0) return refuse("type", checked.faults);
  const odd = literalFaults(expr, offsets);
  if (odd.length > 0) return refuse("type", odd);
  const type = checked.types.get(expr.id);
  if (!type) throw new Error("an expression that was checked has a type");
  return { ok: true, program: programOf(type, expr, checked) };
}

function programOf(type: CelType, expr: Expr, checked: Checked): Program {
  let planned: Step | undefined;
  return {
    type,
    expr,
    checked,
    evaluate(variables, costMax = evaluationCostMax) {
      planned ??= plan(expr, checked);
      const frame = new Frame(variables, costMax);
      try {
        return { value: planned(frame), cost: frame.cost };
      } catch (error) {
        if (!(error instanceof CostExceeded)) throw error;
        const value = new CelError("operation cancelled: actual cost limit exceeded");
        return { value, cost: frame.cost };
      }
    },
  };
}
