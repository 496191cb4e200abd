/** Compiles expressions for what they are used for, and tells why not, as Kubernetes does. */
import {
  admissionEnvironment,
  type AdmissionPlace,
  applyConfigurationType,
  jsonPatchType,
  withComposition,
} from "./admission.ts";
import { bool, type CelType, dyn, formatType, nullType, sameType, string } from "./celtype.ts";
import { compile, type Program } from "./compile.ts";
import { deviceEnvironment } from "./devices.ts";
import type { Environment } from "./environment.ts";

/** A name that later expressions of a policy can use, for another expression. */
export interface CelVariable {
  readonly name: string;
  readonly expression: string;
}

/** What stands around an expression of admission: the variables that there are. */
export interface CelSurroundings extends AdmissionPlace {
  /** `variables.x`, those before this expression; undefined where there are none at all. */
  readonly variables?: readonly CelVariable[];
}

const admissionResults = {
  matchCondition: [bool],
  validation: [bool],
  messageExpression: [string],
  auditAnnotation: [string, nullType],
  /** Anything. */
  variable: [],
  applyConfiguration: [applyConfigurationType],
  jsonPatch: [jsonPatchType],
} as const satisfies Readonly<Record<string, readonly CelType[]>>;

/** What an expression is for, which decides what it may use and what it has to become. */
export type CelUse =
  | ({ readonly type: keyof typeof admissionResults } & CelSurroundings)
  /** A device of dynamic resource allocation: `device.attributes[…]`. */
  | { readonly type: "deviceSelector" };

/** Why an expression is refused. */
export interface CelFailure {
  readonly type: "Required" | "Invalid" | "InternalError";
  /** `compilation failed: ERROR: <input>:1:8: …`, `must evaluate to bool but got int`. */
  readonly detail: string;
}

export type CompiledUse =
  | { readonly program: Program; readonly environment: Environment }
  | { readonly failure: CelFailure };

/** Never throws. */
export function compileFor(expression: string, use: CelUse): CompiledUse {
  const environment = environmentOf(use);
  const compiled = compile(environment, expression);
  if (!compiled.ok) return invalid(`compilation failed: ${compiled.fault.text}`);
  const { program } = compiled;
  const detail =
    use.type === "deviceSelector" ? oddSelector(program) : oddResult(program, use.type);
  return detail === undefined ? { program, environment } : invalid(detail);
}

const invalid = (detail: string): CompiledUse => ({ failure: { type: "Invalid", detail } });

function environmentOf(use: CelUse): Environment {
  if (use.type === "deviceSelector") return deviceEnvironment;
  const environment = admissionEnvironment(use);
  return use.variables === undefined ? environment : composed(environment, use.variables);
}

/** Each variable knows those before it; one that cannot be compiled may be anything. */
function composed(environment: Environment, variables: readonly CelVariable[]): Environment {
  const types = new Map<string, CelType>();
  for (const { name, expression } of variables) {
    const compiled = compile(withComposition(environment, types), expression);
    types.set(name, compiled.ok ? compiled.program.type : dyn);
  }
  return withComposition(environment, types);
}

function oddResult({ type }: Program, use: keyof typeof admissionResults): string | undefined {
  const wanted: readonly CelType[] = admissionResults[use];
  if (wanted.length === 0 || wanted.some((one) => sameType(one, type))) return undefined;
  const [first] = wanted.map(nameOf);
  const names = wanted.length === 1 ? first : `one of [${wanted.map(nameOf).join(" ")}]`;
  return `must evaluate to ${names} but got ${nameOf(type)}`;
}

function oddSelector({ type }: Program): string | undefined {
  if (sameType(type, bool) || type.kind === "dyn") return undefined;
  return `must evaluate to bool or the unknown type, not ${nameOf(type)}`;
}

/** Here the type of null has its long name. */
const nameOf = (type: CelType) => (type.kind === "null" ? "null_type" : formatType(type));
