/** Regular expressions as Go reads them. */

/** Why Go's regexp cannot compile a pattern, in its words; empty when it can. */
export function patternError(pattern: string): string {
  const refused = (what: string, part: string) => `error parsing regexp: ${what}: \`${part}\``;
  const lookaround = /\(\?(?:[=!]|<[=!])/.exec(pattern)?.[0];
  if (lookaround !== undefined) {
    return refused("invalid or unsupported Perl syntax", lookaround.slice(0, 3));
  }
  try {
    compilePattern(pattern);
    return "";
  } catch (error) {
    return wordsOf(String(error), pattern, refused);
  }
}

/** A pattern as it is matched; throws SyntaxError for one that is none. */
export function compilePattern(pattern: string): RegExp {
  // Named groups and the ends of a text are written otherwise in Go.
  const written = pattern
    .replaceAll("(?P<", "(?<")
    .replaceAll(String.raw`\z`, "$")
    .replaceAll(String.raw`\A`, "^");
  const flags = /^\(\?([ims]+)\)/.exec(written);
  return new RegExp(flags === null ? written : written.slice(flags[0].length), flags?.[1] ?? "");
}

function wordsOf(
  error: string,
  pattern: string,
  refused: (what: string, part: string) => string,
): string {
  if (error.includes("Unterminated group")) return refused("missing closing )", pattern);
  if (error.includes("Unmatched ')'")) return refused("unexpected )", pattern);
  if (error.includes("Unterminated character class") || error.includes("missing ]")) {
    return refused("missing closing ]", pattern.slice(pattern.lastIndexOf("[")));
  }
  if (error.includes("Nothing to repeat")) {
    const part = /(?:^|[(|])([*+?])/.exec(pattern)?.[1] ?? pattern;
    return refused("missing argument to repetition operator", part);
  }
  if (error.includes("\\ at end of pattern")) {
    return "error parsing regexp: trailing backslash at end of expression: ``";
  }
  if (error.includes("Range out of order in character class")) {
    const part = /[^[\]]-[^[\]]/.exec(pattern)?.[0] ?? pattern;
    return refused("invalid character class range", part);
  }
  if (error.includes("numbers out of order")) {
    const part = /\{\d*,?\d*\}/.exec(pattern)?.[0] ?? pattern;
    return refused("invalid repeat count", part);
  }
  return refused("invalid or unsupported Perl syntax", pattern);
}
