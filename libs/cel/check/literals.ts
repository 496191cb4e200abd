/** Literals that can only fail when they are evaluated are told at once, as Kubernetes does. */
import { compilePattern } from "../functions/patterns.ts";
import { type Call, type Expr, walk } from "../syntax/ast.ts";
import type { Fault } from "../syntax/source.ts";
import { parseDuration, parseTimestamp } from "../values/times.ts";
import { CelError } from "../values/value.ts";

/** Of durations, timestamps and regular expressions that are written as literals. */
export function literalFaults(expr: Expr, offsets: ReadonlyMap<number, number>): Fault[] {
  const faults: Fault[] = [];
  for (const one of walk(expr)) {
    if (one.kind !== "call") continue;
    const message = faultOf(one);
    if (message === undefined) continue;
    const literal = one.args.at(-1);
    faults.push({ offset: offsets.get(literal?.id ?? one.id) ?? 0, message });
  }
  return faults;
}

function faultOf({ function: name, target, args }: Call): string | undefined {
  const last = args.at(-1);
  if (last?.kind !== "literal" || typeof last.value !== "string") return undefined;
  if (name === "matches" && args.length === (target ? 1 : 2)) {
    return compilePattern(last.value) instanceof CelError ? "invalid matches argument" : undefined;
  }
  if (target || args.length !== 1) return undefined;
  if (name === "duration" && !parseDuration(last.value)) return "invalid duration argument";
  if (name === "timestamp" && !parseTimestamp(last.value)) return "invalid timestamp argument";
  return undefined;
}
