/** Walks over tokens, and words what is wrong with them as the ANTLR parser of cel-go does. */
import type { Fault } from "./source.ts";
import type { Token } from "./lexer.ts";

const operandStart = [
  ...["'['", "'{'", "'('", "'.'", "'-'", "'!'", "'true'", "'false'", "'null'"],
  ...["NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER"],
];
const operandKinds = new Set(["double", "int", "uint", "string", "bytes", "identifier"]);
const operandSymbols = new Set(["[", "{", "(", ".", "-", "!", "true", "false", "null"]);
const followers = new Set([
  ...["==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "?", ":"],
  ...["+", "-", "*", "/", "%", ")", "]", "}", ",", ".", "["],
]);

/** Whether an operand may start with the token. */
export const startsOperand = ({ kind, text }: Token): boolean =>
  operandKinds.has(kind) || (kind === "symbol" && operandSymbols.has(text));

const followsOperand = ({ kind, text }: Token): boolean =>
  kind === "end" || (kind === "symbol" && followers.has(text));

export class Cursor {
  readonly faults: Fault[] = [];
  readonly #tokens: readonly Token[];
  #index = 0;
  /** After a fault nothing more is told until a token fits again. */
  #isRecovering = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#at(0);
  }

  is(...texts: readonly string[]): boolean {
    const { kind, text } = this.token;
    return kind === "symbol" && texts.includes(text);
  }

  take(): Token {
    const token = this.token;
    if (token.kind !== "end") this.#index += 1;
    this.#isRecovering = false;
    return token;
  }

  /** The token when it is one of the symbols; otherwise nothing is taken. */
  accept(...texts: readonly string[]): Token | undefined {
    return this.is(...texts) ? this.take() : undefined;
  }

  /** Takes a symbol that must be there; told when it is not. */
  expect(symbol: string): void {
    if (this.accept(symbol)) return;
    const { text } = this.token;
    if (this.#at(1).kind === "symbol" && this.#at(1).text === symbol) {
      this.tell(`extraneous input '${text}' expecting '${symbol}'`);
      this.#index += 1;
      this.take();
      return;
    }
    const fits = symbol === ":" ? startsOperand(this.token) : followsOperand(this.token);
    if (fits) return this.tell(`missing '${symbol}' at '${text}'`);
    this.tell(`mismatched input '${text}' expecting '${symbol}'`);
    this.#skip();
  }

  expectEnd(): void {
    const { kind, text } = this.token;
    if (kind === "end") return;
    const isOne = this.#at(1).kind === "end";
    this.tell(`${isOne ? "extraneous" : "mismatched"} input '${text}' expecting <EOF>`);
  }

  /** Whether an operand starts here; told when none does. */
  expectOperand(): boolean {
    if (startsOperand(this.token)) return true;
    const { text } = this.token;
    const expected = `expecting {${operandStart.join(", ")}}`;
    if (this.token.kind !== "end" && startsOperand(this.#at(1))) {
      this.tell(`extraneous input '${text}' ${expected}`);
      this.#index += 1;
      return true;
    }
    this.tell(`mismatched input '${text}' ${expected}`);
    this.#skip();
    return false;
  }

  /** A list that neither goes on nor ends here. */
  expectOneOf(...symbols: readonly string[]): void {
    const quoted = symbols.map((symbol) => `'${symbol}'`).join(", ");
    this.tell(`mismatched input '${this.token.text}' expecting {${quoted}}`);
    this.#skip();
  }

  /** The tokens from one to this fit no rule. */
  tellNoViable(from: Token): void {
    const text = this.token.kind === "end" ? from.text : from.text + this.token.text;
    this.tell(`no viable alternative at input '${text}'`);
  }

  tell(message: string): void {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    this.faults.push({ offset: this.token.offset, message: `Syntax error: ${message}` });
  }

  #skip(): void {
    while (!followsOperand(this.token)) this.#index += 1;
  }

  #at(ahead: number): Token {
    const last = this.#tokens.length - 1;
    const token = this.#tokens[Math.min(this.#index + ahead, last)];
    if (!token) throw new Error("there is no token, not even the end");
    return token;
  }
}
