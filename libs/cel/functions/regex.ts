/** Kubernetes' functions of regular expressions. */
import { int, listOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, member } from "../environment.ts";
import { ArrayList, CelError, type Value } from "../values/value.ts";
import { compilePattern } from "./patterns.ts";

function find(text: string, pattern: string): Value {
  const compiled = compilePattern(pattern);
  if (compiled instanceof CelError) return compiled;
  const matcher = compiled.matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

/** @param limit at most so many; below 0 all */
function findAll(text: string, pattern: string, limit = -1n): Value {
  const compiled = compilePattern(pattern);
  if (compiled instanceof CelError) return compiled;
  const found: string[] = [];
  const matcher = compiled.matcher(text);
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) {
    found.push(matcher.group() ?? "");
  }
  return new ArrayList(found);
}

export const regex: readonly FunctionDeclaration[] = [
  declare("find", member("string_find_string", [string, string], string, find)),
  declare(
    "findAll",
    member("string_find_all_string", [string, string], listOf(string), findAll),
    member("string_find_all_string_int", [string, string, int], listOf(string), findAll),
  ),
];
