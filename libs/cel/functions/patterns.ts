/** Regular expressions in Go's syntax (RE2), in time that is linear in the text. */
import { RE2JS } from "re2js";
import { CelError } from "../values/value.ts";

/** Compiled patterns that are kept: expressions are evaluated often, with the same few. */
const keptMax = 1_000;
const kept = new Map<string, RE2JS | CelError>();

/** The error is worded as Go words it. */
export function compilePattern(pattern: string): RE2JS | CelError {
  const known = kept.get(pattern);
  if (known) return known;
  const compiled = compileNow(pattern);
  if (kept.size >= keptMax) kept.clear();
  kept.set(pattern, compiled);
  return compiled;
}

function compileNow(pattern: string): RE2JS | CelError {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return new CelError(`error parsing regexp: ${text.replace(/^error parsing regexp: /, "")}`);
  }
}
