/**
 * JSON as Go's decoder reads it: its error texts, and which keys stand twice in an object.
 * The value itself comes from JSON.parse; the scan is what tells Kubernetes' clients apart what
 * they did wrong.
 */
import { goQuote } from "#libs/api/gotext.ts";
import { parseExact } from "#libs/schema/exactjson.ts";

export interface JsonText {
  readonly value: unknown;
  /** Paths of repeated keys, in the order of the text: `metadata.name`, `spec.a[0].b`. */
  readonly duplicates: readonly string[];
}

/** Worded as encoding/json words it. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** Nesting that is read; Go accepts 10,000, where our stack would end. */
const depthMax = 2_000;
/** Repeated keys that are told apart; a message names no more. */
const duplicatesMax = 100;

/**
 * The value of a text and its repeated keys. Throws JsonSyntaxError in the words of
 * encoding/json, and for more than 2,000 levels.
 */
export function parseJson(text: string): JsonText {
  const scan = new Scan(text);
  scan.document();
  return { value: parseExact(text), duplicates: scan.duplicates };
}

const quote = 34;
const backslash = 92;
const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;
const isDigit = (code: number) => code >= 48 && code <= 57;

class Scan {
  readonly duplicates: string[] = [];
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): void {
    this.value("");
    this.space();
    if (this.at < this.text.length) this.fail("after top-level value");
  }

  private value(path: string): void {
    this.space();
    const code = this.text.charCodeAt(this.at);
    if (code === 123) this.object(path);
    else if (code === 91) this.array(path);
    else if (code === quote) this.string();
    else if (code === 45 || isDigit(code)) this.number();
    else if (code === 116) this.word("true");
    else if (code === 102) this.word("false");
    else if (code === 110) this.word("null");
    else this.fail("looking for beginning of value");
  }

  private object(path: string): void {
    this.enter();
    this.space();
    if (this.text.charCodeAt(this.at) === 125) return this.leave();
    const keys = new Set<string>();
    for (;;) {
      this.space();
      if (this.text.charCodeAt(this.at) !== quote) {
        this.fail("looking for beginning of object key string");
      }
      const key = this.string();
      const inner = path === "" ? key : `${path}.${key}`;
      if (keys.has(key)) this.repeated(inner);
      keys.add(key);
      this.space();
      if (this.text.charCodeAt(this.at) !== 58) this.fail("after object key");
      this.at += 1;
      this.value(inner);
      this.space();
      const code = this.text.charCodeAt(this.at);
      if (code === 125) return this.leave();
      if (code !== 44) this.fail("after object key:value pair");
      this.at += 1;
    }
  }

  private array(path: string): void {
    this.enter();
    this.space();
    if (this.text.charCodeAt(this.at) === 93) return this.leave();
    for (let index = 0; ; index += 1) {
      this.value(`${path}[${index}]`);
      this.space();
      const code = this.text.charCodeAt(this.at);
      if (code === 93) return this.leave();
      if (code !== 44) this.fail("after array element");
      this.at += 1;
    }
  }

  /** Moves behind a string and returns what it says. */
  private string(): string {
    const start = this.at;
    this.at += 1;
    let plain = true;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === quote) break;
      if (code === backslash) {
        plain = false;
        this.escape();
      } else if (Number.isNaN(code) || code < 32) {
        this.fail("in string literal");
      } else {
        this.at += 1;
      }
    }
    this.at += 1;
    const text = this.text.slice(start + 1, this.at - 1);
    return plain ? text : (JSON.parse(`"${text}"`) as string);
  }

  private escape(): void {
    this.at += 1;
    const code = this.text.charAt(this.at);
    if (code === "" || !'"\\/bfnrtu'.includes(code)) this.fail("in string escape code");
    this.at += 1;
    if (code !== "u") return;
    for (let digit = 0; digit < 4; digit += 1) {
      if (!/[0-9a-fA-F]/.test(this.text.charAt(this.at))) {
        this.fail("in \\u hexadecimal character escape");
      }
      this.at += 1;
    }
  }

  private number(): void {
    if (this.text.charCodeAt(this.at) === 45) {
      this.at += 1;
      if (!isDigit(this.text.charCodeAt(this.at))) this.fail("in numeric literal");
    }
    if (this.text.charCodeAt(this.at) === 48) this.at += 1;
    else this.digits();
    if (this.text.charCodeAt(this.at) === 46) {
      this.at += 1;
      if (!isDigit(this.text.charCodeAt(this.at))) {
        this.fail("after decimal point in numeric literal");
      }
      this.digits();
    }
    const code = this.text.charCodeAt(this.at);
    if (code !== 101 && code !== 69) return;
    this.at += 1;
    const sign = this.text.charCodeAt(this.at);
    if (sign === 43 || sign === 45) this.at += 1;
    if (!isDigit(this.text.charCodeAt(this.at))) this.fail("in exponent of numeric literal");
    this.digits();
  }

  private digits(): void {
    while (isDigit(this.text.charCodeAt(this.at))) this.at += 1;
  }

  private word(word: string): void {
    for (let index = 0; index < word.length; index += 1) {
      if (this.text[this.at] !== word[index]) {
        this.fail(`in literal ${word} (expecting '${word[index]}')`);
      }
      this.at += 1;
    }
  }

  private space(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at += 1;
  }

  private enter(): void {
    this.at += 1;
    this.depth += 1;
    if (this.depth > depthMax) throw new JsonSyntaxError("exceeded max depth");
  }

  private leave(): void {
    this.at += 1;
    this.depth -= 1;
  }

  private repeated(path: string): void {
    if (this.duplicates.length < duplicatesMax) this.duplicates.push(path);
  }

  private fail(context: string): never {
    const point = this.text.codePointAt(this.at);
    if (point === undefined) throw new JsonSyntaxError("unexpected end of JSON input");
    throw new JsonSyntaxError(`invalid character ${goChar(point)} ${context}`);
  }
}

/** Go quotes the first byte of what it did not expect. */
function goChar(point: number): string {
  const byte = Buffer.from(String.fromCodePoint(point))[0] ?? 0;
  const char = String.fromCharCode(byte);
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${goQuote(char).slice(1, -1)}'`;
}

/** What Go calls a JSON value that it cannot put somewhere. */
export function jsonKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" ? "number" : typeof value;
}
