/**
 * YAML as sigs.k8s.io/yaml writes it: keys sorted, plain text where that is safe, long text folded
 * at 80 columns, literal blocks for text of several lines.
 */
import { plainValue } from "../body/yaml.ts";

const widthMax = 80;

/** The document for a JSON value, with a newline at its end. */
export function writeYaml(value: unknown): string {
  if (isEmpty(value)) return `${emptyText(value)}\n`;
  if (typeof value !== "object" || value === null) return `${scalar(value, 0, 0)}\n`;
  const lines: string[] = [];
  block(value, 0, lines);
  return `${lines.join("\n")}\n`;
}

function block(value: object, indent: number, lines: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) element(item, indent, lines);
    return;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  for (const [key, item] of entries.sort(byKey)) member(key, item, indent, lines);
}

function member(key: string, value: unknown, indent: number, lines: string[]): void {
  const name = scalar(key, indent, indent, "key");
  const start = `${" ".repeat(indent)}${name}:`;
  if (typeof value !== "object" || value === null || isEmpty(value)) {
    lines.push(`${start} ${leaf(value, indent, start.length + 1)}`);
    return;
  }
  lines.push(start);
  // A list stands as deep as the key that holds it.
  block(value, Array.isArray(value) ? indent : indent + 2, lines);
}

function element(value: unknown, indent: number, lines: string[]): void {
  const start = `${" ".repeat(indent)}- `;
  if (typeof value !== "object" || value === null || isEmpty(value)) {
    lines.push(`${start}${leaf(value, indent, start.length)}`);
    return;
  }
  const inner: string[] = [];
  block(value, indent + 2, inner);
  const [first = "", ...rest] = inner;
  lines.push(`${start}${first.slice(indent + 2)}`, ...rest);
}

const leaf = (value: unknown, indent: number, column: number): string =>
  isEmpty(value) ? emptyText(value) : scalar(value, indent, column);

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((item) => item === undefined);

const emptyText = (value: unknown): string => (Array.isArray(value) ? "[]" : "{}");

/** Digits before letters and shorter numbers first, as go-yaml sorts keys. */
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareKeys([...a], [...b]);
}

const isLetter = (char: string | undefined) => char !== undefined && /\p{L}/u.test(char);
const isDigit = (char: string | undefined) => char !== undefined && /[0-9]/.test(char);

function compareKeys(a: readonly string[], b: readonly string[]): number {
  let digits = false;
  for (let index = 0; index < a.length && index < b.length; index += 1) {
    const left = a[index] ?? "";
    const right = b[index] ?? "";
    if (left === right) {
      digits = isDigit(left);
      continue;
    }
    const leftLetter = isLetter(left);
    const rightLetter = isLetter(right);
    if (leftLetter && rightLetter) return left < right ? -1 : 1;
    if (leftLetter || rightLetter) {
      if (digits) return leftLetter ? -1 : 1;
      return rightLetter ? -1 : 1;
    }
    return compareNumbers(a, b, index);
  }
  return a.length - b.length;
}

function compareNumbers(a: readonly string[], b: readonly string[], at: number): number {
  const left = numberAt(a, at);
  const right = numberAt(b, at);
  if (left.value !== right.value) return left.value - right.value;
  if (left.end !== right.end) return left.end - right.end;
  return (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}

function numberAt(text: readonly string[], at: number): { value: number; end: number } {
  let end = at;
  while (isDigit(text[end])) end += 1;
  return { value: Number(text.slice(at, end).join("") || "0"), end };
}

function scalar(value: unknown, indent: number, column: number, role?: "key"): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return String(value);
  const text = String(value);
  if (text.includes("\n") && role === undefined && canBeLiteral(text)) {
    return literal(text, indent);
  }
  if (meansAnother(text)) return doubleQuoted(text);
  if (isPlainSafe(text)) return role === undefined ? foldPlain(text, indent, column) : text;
  if (isPrintable(text)) return singleQuoted(text, indent, column, role);
  return doubleQuoted(text);
}

/** Go prints big and tiny floats with an exponent of two digits. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([-+])(\d)$/, "e$10$2");
}

/** Unquoted it would be read as a number, a boolean, null, or a date. */
function meansAnother(text: string): boolean {
  if (typeof plainValue(text) !== "string") return true;
  if (/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?$/.test(text)) return true;
  if (/^\d{4}-\d\d?-\d\d?([Tt ]|$)/.test(text)) return true;
  return /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|<<|=)$/.test(text);
}

/** Tabs are not, for go-yaml: text with one is escaped. */
const isPrintable = (text: string): boolean =>
  /^[\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text) &&
  !text.includes("\ufeff");

function isPlainSafe(text: string): boolean {
  if (text === "" || text.includes("\n") || !isPrintable(text)) return false;
  if (text.startsWith(" ") || text.endsWith(" ")) return false;
  if (/^(---|\.\.\.)/.test(text)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return false;
  if (/^[-?:]( |$)/.test(text)) return false;
  return !/: | #|:$/.test(text);
}

function canBeLiteral(text: string): boolean {
  // A space before a break would not survive every reader.
  return isPrintable(text) && !/ \n/.test(text) && !text.endsWith(" ");
}

function literal(text: string, indent: number): string {
  const trailing = /\n*$/.exec(text)?.[0].length ?? 0;
  // Text that begins with white space says how deep it stands.
  const depth = /^[ \n]/.test(text) ? "2" : "";
  const chomping = trailing === 0 ? "-" : trailing === 1 ? "" : "+";
  const body = trailing === 0 ? text : text.slice(0, -1);
  const pad = " ".repeat(indent + 2);
  const lines = body.split("\n").map((line) => (line === "" ? "" : `${pad}${line}`));
  return `|${depth}${chomping}\n${lines.join("\n")}`;
}

function foldPlain(text: string, indent: number, column: number): string {
  return fold(text, indent, column);
}

function singleQuoted(text: string, indent: number, column: number, role?: "key"): string {
  const escaped = text.replaceAll("'", "''");
  if (role === "key") return `'${escaped}'`;
  const lines = escaped.split("\n");
  if (lines.length === 1) return `'${fold(escaped, indent, column + 1)}'`;
  // A break stands for itself when it is doubled.
  const pad = " ".repeat(indent + 2);
  return `'${lines.join(`\n\n${pad}`)}'`;
}

/** Breaks at single spaces once a line is over the width. */
function fold(text: string, indent: number, column: number): string {
  if (column + text.length <= widthMax) return text;
  const pad = `\n${" ".repeat(indent + 2)}`;
  let line = column;
  let folded = "";
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? "";
    const breakable =
      char === " " &&
      index > 0 &&
      index < text.length - 1 &&
      text[index + 1] !== " " &&
      text[index - 1] !== " ";
    if (breakable && line > widthMax) {
      folded += pad;
      line = indent + 2;
    } else {
      folded += char;
      line += 1;
    }
  }
  return folded;
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\xa0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function doubleQuoted(text: string): string {
  let quoted = '"';
  for (const char of text) {
    const known = escapes[char];
    if (known !== undefined) quoted += known;
    else if (isPrintable(char)) quoted += char;
    else quoted += codeEscape(char.codePointAt(0) ?? 0);
  }
  return `${quoted}"`;
}

function codeEscape(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
