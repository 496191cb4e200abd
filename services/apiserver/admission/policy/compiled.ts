/** The expressions of policies, compiled once for each version of a policy. */
import { type CelUse, type CelVariable, compileFor } from "#libs/cel/uses.ts";
import type { Environment } from "#libs/cel/environment.ts";
import type { Program } from "#libs/cel/compile.ts";
import { fromJson } from "#libs/cel/values/json.ts";
import { dyn } from "#libs/cel/celtype.ts";
import { CelError, CelObject, isError, type Value } from "#libs/cel/values/value.ts";
import type { MatchCondition, Variable } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { Variables } from "./variables.ts";

/** What all expressions of one request may cost together (Kubernetes' RuntimeCELCostBudget). */
export const requestCostMax = 10_000_000;

/** An expression that is ready, or why it cannot be. */
export type Ready =
  | { readonly text: string; readonly program: Program; readonly environment: Environment }
  | { readonly text: string; readonly fault: string };

/** What is left of a request's budget. */
export interface Budget {
  left: number;
}

export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

export function ready(text: string, use: CelUse): Ready {
  const compiled = compileFor(text, use);
  if ("failure" in compiled) return { text, fault: compiled.failure.detail };
  return { text, ...compiled };
}

/** The value, or a `CelError`. Throws BudgetSpent when the request costs too much. */
export function evaluate(expression: Ready, variables: Variables, budget: Budget): Value {
  if ("fault" in expression) return new CelError(expression.fault);
  const { value, cost } = expression.program.evaluate(variables);
  budget.left -= cost;
  if (budget.left < 0) throw new BudgetSpent();
  return value;
}

/** `expression 'x' resulted in error: …`. */
export const errorText = ({ text }: Ready, { message }: CelError): string =>
  `expression '${text}' resulted in error: ${message}`;

/** `variables.x`: each is evaluated when it is first asked for. */
class Composed extends CelObject {
  readonly typeName = "kubernetes.variables";
  readonly #expressions: ReadonlyMap<string, Ready>;
  readonly #evaluate: (expression: Ready) => Value;
  readonly #known = new Map<string, Value>();

  constructor(expressions: ReadonlyMap<string, Ready>, evaluateOne: (one: Ready) => Value) {
    super();
    this.#expressions = expressions;
    this.#evaluate = evaluateOne;
  }

  has(field: string): boolean {
    return this.#expressions.has(field);
  }

  get(field: string): Value | undefined {
    const known = this.#known.get(field);
    if (known !== undefined) return known;
    const expression = this.#expressions.get(field);
    if (!expression) return undefined;
    const value = this.#evaluate(expression);
    const told = isError(value)
      ? new CelError(`composited variable "${field}" fails to evaluate: ${value.message}`)
      : value;
    this.#known.set(field, told);
    return told;
  }

  fields(): Iterable<string> {
    return this.#expressions.keys();
  }
}

/** Names that hold for one set of parameters: with `params` and `variables`. */
export function withParameters(
  variables: Variables,
  params: unknown,
  composed: ReadonlyMap<string, Ready>,
  budget: Budget,
): Variables {
  const named: Variables = (name) => {
    if (name === "params") return fromJson(params ?? null, dyn, { fields: () => undefined });
    return name === "variables" ? values : variables(name);
  };
  const values = new Composed(composed, (expression) => evaluate(expression, named, budget));
  return named;
}

/** The variables of a policy; each may use those before it. */
export function composedOf(
  variables: readonly Variable[],
  surroundings: { readonly hasParams: boolean; readonly hasPatchTypes?: boolean },
): { readonly composed: ReadonlyMap<string, Ready>; readonly known: readonly CelVariable[] } {
  const composed = new Map<string, Ready>();
  const known: CelVariable[] = [];
  for (const { name = "", expression = "" } of variables) {
    const use = { type: "variable", ...surroundings, hasAuthorizer: true } as const;
    composed.set(name, ready(expression, { ...use, variables: [...known] }));
    known.push({ name, expression });
  }
  return { composed, known };
}

/** Whether match conditions let a request through to the policy. */
export type Matched =
  | { readonly type: "Matched" }
  | { readonly type: "Skipped" }
  /** One of them failed, and none said no. */
  | { readonly type: "Failed"; readonly message: string };

export function matchConditions(
  conditions: readonly Ready[],
  variables: Variables,
  budget: Budget,
): Matched {
  let failure: string | undefined;
  for (const condition of conditions) {
    const value = evaluate(condition, variables, budget);
    if (value === false) return { type: "Skipped" };
    if (isError(value)) failure ??= errorText(condition, value);
  }
  return failure === undefined ? { type: "Matched" } : { type: "Failed", message: failure };
}

export const readyConditions = (
  conditions: readonly MatchCondition[],
  hasParams: boolean,
): readonly Ready[] =>
  conditions.map(({ expression = "" }) =>
    ready(expression, { type: "matchCondition", hasParams, hasAuthorizer: true }),
  );
