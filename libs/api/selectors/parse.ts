/** The grammar of label selectors: `app=web,tier in (a,b),env notin (x),y,!z,n>1`. */
import { badRequest, fieldErrorText, StatusError } from "../errors.ts";
import { keyErrors, newRequirement, type Operator, type Requirement } from "./requirement.ts";

type TokenKind = "identifier" | "end" | "(" | ")" | "," | Operator;

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const symbols: Readonly<Record<string, TokenKind>> = {
  ")": ")",
  ",": ",",
  "!": "!",
  "==": "==",
  "=": "=",
  ">": "gt",
  "<": "lt",
  "!=": "!=",
  "(": "(",
};

// Blanks, a run of symbols, or a run of anything else.
const pieces = /[ \t\r\n]+|[=!(),><]+|[^=!(),>< \t\r\n]+/g;

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [piece] of text.matchAll(pieces)) {
    if (/^\s/.test(piece)) continue;
    if (!/^[=!(),><]/.test(piece)) tokens.push({ kind: wordKind(piece), text: piece });
    else
      for (let at = 0; at < piece.length; at += tokens.at(-1)?.text.length ?? 1) {
        const long = piece.slice(at, at + 2);
        const symbol = long in symbols ? long : piece.charAt(at);
        tokens.push({ kind: symbols[symbol] ?? "end", text: symbol });
      }
  }
  return [...tokens, { kind: "end", text: "" }];
}

const wordKind = (word: string): TokenKind =>
  word === "in" || word === "notin" ? word : "identifier";

/** Where the parser stands; `in` and `notin` are operators only after a key. */
interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

const end: Token = { kind: "end", text: "" };

function peek({ tokens, at }: Cursor): Token {
  const token = tokens[at] ?? end;
  const isWord = token.kind === "in" || token.kind === "notin";
  return isWord ? { kind: "identifier", text: token.text } : token;
}

function next(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.at++;
  return token;
}

/** Requirements in the order of the text. Throws BadRequest. */
export function parseRequirements(text: string): Requirement[] {
  const cursor: Cursor = { tokens: scan(text), at: 0 };
  const requirements: Requirement[] = [];
  while (peek(cursor).kind !== "end") {
    const first = peek(cursor);
    if (first.kind !== "identifier" && first.kind !== "!") {
      throw badRequest(`found '${first.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(cursor));
    const separator = next(cursor);
    if (separator.kind === "end") break;
    if (separator.kind !== ",") {
      throw badRequest(`found '${separator.text}', expected: ',' or 'end of string'`);
    }
    const following = peek(cursor);
    if (following.kind !== "identifier" && following.kind !== "!") {
      throw badRequest(`found '${following.text}', expected: identifier after ','`);
    }
  }
  return requirements;
}

function parseRequirement(cursor: Cursor): Requirement {
  try {
    const negated = peek(cursor).kind === "!";
    if (negated) cursor.at++;
    const { kind, text: key } = next(cursor);
    if (kind !== "identifier") throw badRequest(`found '${key}', expected: identifier`);
    const [keyError] = keyErrors("<nil>", key);
    if (keyError !== undefined) throw badRequest(fieldErrorText(keyError));
    const after = peek(cursor).kind;
    if (after === "end" || after === ",") return newRequirement(key, negated ? "!" : "exists", []);
    if (negated) return newRequirement(key, "!", []);
    return parseComparison(cursor, key);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw badRequest(`unable to parse requirement: ${error.message}`);
  }
}

function parseComparison(cursor: Cursor, key: string): Requirement {
  const { kind, text } = cursor.tokens[cursor.at++] ?? end;
  switch (kind) {
    case "in":
    case "notin":
      return newRequirement(key, kind, parseValues(cursor));
    case "=":
    case "==":
    case "!=":
    case "gt":
    case "lt":
      return newRequirement(key, kind, [parseExactValue(cursor)]);
    default:
      throw badRequest(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function parseExactValue(cursor: Cursor): string {
  const { kind } = peek(cursor);
  if (kind === "end" || kind === ",") return "";
  const token = next(cursor);
  if (token.kind === "identifier") return token.text;
  throw badRequest(`found '${token.text}', expected: identifier`);
}

/** Values in parentheses, sorted and each once; nothing between commas is the empty value. */
function parseValues(cursor: Cursor): string[] {
  const open = next(cursor);
  if (open.kind !== "(") throw badRequest(`found '${open.text}' expected: '('`);
  const first = peek(cursor);
  if (first.kind !== "identifier" && first.kind !== "," && first.kind !== ")") {
    throw badRequest(`found '${first.text}', expected: ',', ')' or identifier`);
  }
  const values = new Set<string>();
  for (;;) {
    const value = peek(cursor);
    if (value.kind === "identifier") cursor.at++;
    else if (value.kind !== "," && value.kind !== ")") {
      throw badRequest(`found '${value.text}', expected: ',', or identifier`);
    }
    values.add(value.kind === "identifier" ? value.text : "");
    const separator = next(cursor);
    if (separator.kind === ")") return [...values].sort();
    if (separator.kind !== ",") {
      throw badRequest(`found '${separator.text}', expected: ',' or ')'`);
    }
  }
}
