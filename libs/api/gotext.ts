/** Text as Go prints it: Kubernetes' messages quote and format values with fmt. */
import { exactText } from "#libs/schema/exactjson.ts";

const escapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

const plain = /^[ !#-[\]-~]*$/;
/** One character that Go's unicode.IsPrint takes. */
export const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** What `%q` prints. */
export function goQuote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const char of text) quoted += quoteChar(char);
  return `${quoted}"`;
}

function quoteChar(char: string): string {
  const escape = escapes[char];
  if (escape !== undefined) return escape;
  if (printable.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON as Go's encoding/json writes it: HTML characters are escaped. `indent` in spaces. */
export function goJson(value: unknown, indent = 0): string {
  const text = exactText(value, indent);
  return text.replace(/[<>&\u2028\u2029]/g, (char) => htmlEscapes[char] ?? char);
}

/** What `%v` prints for a JSON value: `map[a:1 b:[x y]]`, keys sorted. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goValue(item)}`).join(" ")}]`;
}
