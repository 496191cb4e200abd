/** Splits an expression into tokens. */
import type { Fault, Source } from "./source.ts";

export type TokenKind =
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "identifier"
  /** An identifier in backquotes, which may only name a field. */
  | "quoted"
  | "symbol"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the source; `<EOF>` at the end. */
  readonly text: string;
  readonly offset: number;
}

const symbols = [
  ...["==", "!=", "<=", ">=", "&&", "||"],
  ...["<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*", "/", "%"],
];
const keywords = new Set(["in", "true", "false", "null"]);
const number = /^(?:0x[0-9a-fA-F]+|(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+)/;
const escape =
  /^[bfnrtv"'`\\?a]|^[xX][0-9a-fA-F]{2}|^u[0-9a-fA-F]{4}|^U[0-9a-fA-F]{8}|^[0-3][0-7]{2}/;
const whiteSpace = /^[\t \r\n\u000C]+|^\/\/[^\n]*/;
const identifier = /^[A-Za-z_][A-Za-z0-9_]*/;
const quoted = /^`[A-Za-z0-9_.\-/ ]+`/;

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly faults: readonly Fault[];
}

/** All tokens, with one of kind "end" behind them. What is no token is told and left out. */
export function lex(source: Source): Lexed {
  const tokens: Token[] = [];
  const faults: Fault[] = [];
  // Offsets count characters, regular expressions UTF-16 units: so the rest is cut as text.
  let rest = source.text;
  let offset = 0;
  const take = (text: string) => {
    rest = rest.slice(text.length);
    offset += [...text].length;
  };
  while (rest !== "") {
    const space = whiteSpace.exec(rest)?.[0];
    if (space !== undefined) {
      take(space);
      continue;
    }
    const found = tokenAt(rest);
    if (!found) {
      const [character = ""] = rest;
      faults.push({ offset, message: `Syntax error: token recognition error at: ${shown(rest)}` });
      take(isQuote(character) ? rest : character);
      continue;
    }
    tokens.push({ ...found, offset });
    take(found.text);
  }
  tokens.push({ kind: "end", text: "<EOF>", offset });
  return { tokens, faults };
}

const isQuote = (character: string) => character === '"' || character === "'";

function shown(rest: string): string {
  const [character = ""] = rest;
  return isQuote(character) ? `'${rest}'` : `'${character}'`;
}

function tokenAt(rest: string): Pick<Token, "kind" | "text"> | undefined {
  const text = stringAt(rest);
  if (text) return text;
  const digits = number.exec(rest)?.[0];
  if (digits !== undefined) return numberToken(rest, digits);
  const name = identifier.exec(rest)?.[0];
  if (name !== undefined) return { kind: keywords.has(name) ? "symbol" : "identifier", text: name };
  const field = quoted.exec(rest)?.[0];
  if (field !== undefined) return { kind: "quoted", text: field };
  const symbol = symbols.find((candidate) => rest.startsWith(candidate));
  return symbol === undefined ? undefined : { kind: "symbol", text: symbol };
}

function numberToken(rest: string, digits: string): Pick<Token, "kind" | "text"> {
  const isHex = digits.startsWith("0x");
  if (!isHex && /[.eE]/.test(digits)) return { kind: "double", text: digits };
  const suffix = rest[digits.length] ?? "";
  if (suffix === "u" || suffix === "U") return { kind: "uint", text: digits + suffix };
  return { kind: "int", text: digits };
}

function stringAt(rest: string): Pick<Token, "kind" | "text"> | undefined {
  const prefix = /^(?:[bB][rR]?|[rR])?(?=["'])/.exec(rest)?.[0];
  if (prefix === undefined) return undefined;
  const isRaw = /[rR]/.test(prefix);
  const body = rest.slice(prefix.length);
  const triple = body.slice(0, 3);
  const quote = triple === '"""' || triple === "'''" ? triple : body.slice(0, 1);
  const end = endOfString(body, quote, isRaw);
  if (end === undefined) return undefined;
  const kind = /[bB]/.test(prefix) ? "bytes" : "string";
  return { kind, text: prefix + body.slice(0, end) };
}

/** Index behind the closing quote; undefined when there is none, or an escape is unknown. */
function endOfString(body: string, quote: string, isRaw: boolean): number | undefined {
  for (let index = quote.length; index < body.length;) {
    if (body.startsWith(quote, index)) return index + quote.length;
    const character = body[index];
    if (quote.length === 1 && (character === "\n" || character === "\r")) return undefined;
    if (character === "\\" && !isRaw) {
      const escaped = escape.exec(body.slice(index + 1, index + 10))?.[0];
      if (escaped === undefined) return undefined;
      index += escaped.length;
    }
    index += 1;
  }
  return undefined;
}
