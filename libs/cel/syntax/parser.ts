/** Parses the text of an expression: CEL's grammar, with its macros expanded on the way. */
import type { Value } from "../values/value.ts";
import { Uint } from "../values/value.ts";
import { type Expr, type FieldEntry, type MapEntry, qualifiedName } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { lex, type Token } from "./lexer.ts";
import { bytesValue, intValue, stringValue, uintValue } from "./literals.ts";
import { expandMacro, type MacroHost } from "./macros.ts";
import { type Fault, Source } from "./source.ts";

export interface Parsed {
  readonly expr: Expr;
  readonly source: Source;
  readonly faults: readonly Fault[];
  /** Offset of each expression, by id. */
  readonly offsets: ReadonlyMap<number, number>;
}

/** cel-go's limits. */
const depthMax = 250;
const charactersMax = 100_000;

const reserved = new Set([
  ...["as", "break", "const", "continue", "else", "for", "function", "if", "import", "let"],
  ...["loop", "package", "namespace", "return", "var", "void", "while"],
]);

const levels: readonly Readonly<Record<string, string>>[] = [
  { "<": "_<_", "<=": "_<=_", ">=": "_>=_", ">": "_>_", "==": "_==_", "!=": "_!=_", in: "@in" },
  { "+": "_+_", "-": "_-_" },
  { "*": "_*_", "/": "_/_", "%": "_%_" },
];

/**
 * Never throws: what is wrong is in `faults`, and then the tree is of no use.
 * @param hasBind whether `cel.bind` is a macro
 */
export function parse(text: string, hasBind: boolean): Parsed {
  const source = new Source(text);
  if (source.characters.length > charactersMax) {
    const size = `size: ${source.characters.length}, limit ${charactersMax}`;
    const message = `expression code point size exceeds limit: ${size}`;
    const expr: Expr = { kind: "literal", id: 1, value: null };
    return { expr, source, faults: [{ offset: 0, message }], offsets: new Map() };
  }
  return new Parser(source, hasBind).parse();
}

class Parser implements MacroHost {
  readonly hasBind: boolean;
  readonly #source: Source;
  readonly #cursor: Cursor;
  readonly #faults: Fault[];
  readonly #offsets = new Map<number, number>();
  #ids = 0;
  #depth = 0;

  constructor(source: Source, hasBind: boolean) {
    this.hasBind = hasBind;
    const { tokens, faults } = lex(source);
    this.#source = source;
    this.#cursor = new Cursor(tokens);
    this.#faults = [...faults];
  }

  parse(): Parsed {
    const expr = this.#expr();
    this.#cursor.expectEnd();
    const faults = [...this.#faults, ...this.#cursor.faults];
    return { expr, source: this.#source, faults, offsets: this.#offsets };
  }

  newId(offset: number): number {
    this.#ids += 1;
    this.#offsets.set(this.#ids, offset);
    return this.#ids;
  }

  offsetOf(expr: Expr): number {
    return this.#offsets.get(expr.id) ?? 0;
  }

  fault(offset: number, message: string): Expr {
    this.#faults.push({ offset, message });
    return this.#literal(offset, null);
  }

  #expr(): Expr {
    if (this.#depth >= depthMax) {
      const message = `expression recursion limit exceeded: ${depthMax}`;
      if (!this.#faults.some((fault) => fault.message === message)) this.fault(0, message);
      return this.#literal(0, null);
    }
    this.#depth += 1;
    const condition = this.#or();
    const question = this.#cursor.accept("?");
    const expr = question ? this.#conditional(condition, question) : condition;
    this.#depth -= 1;
    return expr;
  }

  #conditional(condition: Expr, { offset }: Token): Expr {
    const id = this.newId(offset);
    const yes = this.#or();
    this.#cursor.expect(":");
    return this.#call(id, "_?_:_", [condition, yes, this.#expr()]);
  }

  #or(): Expr {
    return this.#chain("||", "_||_", () => this.#chain("&&", "_&&_", () => this.#binary(0)));
  }

  #chain(symbol: string, name: string, operand: () => Expr): Expr {
    let left = operand();
    for (let op = this.#cursor.accept(symbol); op; op = this.#cursor.accept(symbol)) {
      const id = this.newId(op.offset);
      left = this.#call(id, name, [left, operand()]);
    }
    return left;
  }

  #binary(level: number): Expr {
    const names = levels[level];
    if (!names) return this.#unary();
    const symbols = Object.keys(names);
    let left = this.#binary(level + 1);
    for (let op = this.#cursor.accept(...symbols); op; op = this.#cursor.accept(...symbols)) {
      const id = this.newId(op.offset);
      left = this.#call(id, names[op.text] ?? "", [left, this.#binary(level + 1)]);
    }
    return left;
  }

  #unary(): Expr {
    if (!this.#cursor.expectOperand()) return this.#literal(this.#cursor.token.offset, null);
    const [first] = [this.#cursor.token];
    if (!this.#cursor.is("!", "-")) return this.#member(this.#primary());
    let count = 0;
    while (this.#cursor.accept(first.text)) count += 1;
    const isNumber = this.#cursor.token.kind === "int" || this.#cursor.token.kind === "double";
    if (first.text === "-" && count === 1 && isNumber) {
      return this.#member(this.#number(this.#cursor.take(), first));
    }
    const id = this.newId(first.offset);
    if (!this.#cursor.expectOperand()) return this.#literal(first.offset, null);
    const operand = this.#member(this.#primary());
    if (count % 2 === 0) return operand;
    return this.#call(id, first.text === "!" ? "!_" : "-_", [operand]);
  }

  #member(start: Expr): Expr {
    let expr = start;
    while (true) {
      const next = this.#cursor.accept(".", "[", "{");
      if (!next) return expr;
      if (next.text === ".") expr = this.#selectOrCall(expr, next);
      else if (next.text === "[") expr = this.#index(expr, next);
      else expr = this.#struct(expr, next);
    }
  }

  #selectOrCall(operand: Expr, dot: Token): Expr {
    const cursor = this.#cursor;
    const isOptional = cursor.accept("?") !== undefined;
    const { token } = cursor;
    const isField = token.kind === "identifier" || token.kind === "quoted";
    if (!isField) {
      cursor.tellNoViable(dot);
      return operand;
    }
    cursor.take();
    const name = token.kind === "quoted" ? token.text.slice(1, -1) : token.text;
    const open = isOptional || token.kind === "quoted" ? undefined : cursor.accept("(");
    if (open) {
      const id = this.newId(open.offset);
      const args = this.#arguments(")");
      return (
        expandMacro(this, { id, name, target: operand, args }) ?? {
          kind: "call",
          id,
          function: name,
          target: operand,
          args,
        }
      );
    }
    const id = this.newId(dot.offset);
    if (isOptional) {
      return this.#call(id, "_?._", [operand, this.#literal(token.offset, name)]);
    }
    return { kind: "select", id, operand, field: name, testOnly: false };
  }

  #index(operand: Expr, { offset }: Token): Expr {
    const id = this.newId(offset);
    const name = this.#cursor.accept("?") ? "_[?_]" : "_[_]";
    const index = this.#expr();
    this.#cursor.expect("]");
    return this.#call(id, name, [operand, index]);
  }

  #struct(operand: Expr, { offset }: Token): Expr {
    const name = qualifiedName(operand);
    const id = this.newId(offset);
    const fields: FieldEntry[] = [];
    while (!this.#cursor.is("}") && this.#cursor.token.kind !== "end") {
      const isOptional = this.#cursor.accept("?") !== undefined;
      const { kind, text } = this.#cursor.token;
      if (kind !== "identifier" && kind !== "quoted") {
        this.#cursor.tell(`mismatched input '${text}' expecting {'}', ',', '?', IDENTIFIER}`);
        break;
      }
      this.#cursor.take();
      const entry = this.newId(this.#cursor.token.offset);
      this.#cursor.expect(":");
      const field = kind === "quoted" ? text.slice(1, -1) : text;
      fields.push({ id: entry, field, value: this.#expr(), isOptional });
      if (!this.#cursor.accept(",")) break;
    }
    this.#cursor.expect("}");
    if (name === undefined) return this.fault(this.offsetOf(operand), "expected a qualified name");
    return { kind: "struct", id, name, fields };
  }

  #primary(): Expr {
    const cursor = this.#cursor;
    const token = cursor.take();
    switch (token.kind) {
      case "identifier":
        return this.#identifier(token, token.text);
      case "int":
      case "uint":
      case "double":
        return this.#number(token);
      case "string":
      case "bytes":
        return this.#text(token);
      default:
        return this.#symbol(token);
    }
  }

  #symbol(token: Token): Expr {
    const { text, offset } = token;
    if (text === "true" || text === "false") return this.#literal(offset, text === "true");
    if (text === "null") return this.#literal(offset, null);
    if (text === "(") {
      const inner = this.#expr();
      this.#cursor.expect(")");
      return inner;
    }
    if (text === "[") return this.#list(offset);
    if (text === "{") return this.#map(offset);
    const name = this.#cursor.token;
    if (text === "." && name.kind === "identifier") {
      this.#cursor.take();
      return this.#identifier(name, `.${name.text}`);
    }
    this.#cursor.tell(`mismatched input '${name.text}' expecting IDENTIFIER`);
    return this.#literal(offset, null);
  }

  #identifier({ text, offset }: Token, name: string): Expr {
    const open = this.#cursor.accept("(");
    if (open) {
      const id = this.newId(open.offset);
      const args = this.#arguments(")");
      return expandMacro(this, { id, name, target: undefined, args }) ?? this.#call(id, name, args);
    }
    if (reserved.has(text)) return this.fault(offset, `reserved identifier: ${text}`);
    return { kind: "ident", id: this.newId(offset), name };
  }

  #arguments(end: string): Expr[] {
    const args: Expr[] = [];
    if (this.#cursor.accept(end)) return args;
    do args.push(this.#expr());
    while (this.#cursor.accept(","));
    this.#cursor.expect(end);
    return args;
  }

  #list(offset: number): Expr {
    const id = this.newId(offset);
    const elements: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#cursor.is("]")) {
      if (this.#cursor.accept("?")) optional.add(elements.length);
      elements.push(this.#expr());
      if (!this.#cursor.accept(",")) break;
    }
    if (!this.#cursor.accept("]")) this.#cursor.expectOneOf("]", ",");
    return { kind: "list", id, elements, optional };
  }

  #map(offset: number): Expr {
    const id = this.newId(offset);
    const entries: MapEntry[] = [];
    while (!this.#cursor.is("}")) {
      const isOptional = this.#cursor.accept("?") !== undefined;
      const key = this.#expr();
      const entry = this.newId(this.#cursor.token.offset);
      this.#cursor.expect(":");
      entries.push({ id: entry, key, value: this.#expr(), isOptional });
      if (!this.#cursor.accept(",")) break;
    }
    if (!this.#cursor.accept("}")) this.#cursor.expectOneOf("}", ",");
    return { kind: "map", id, entries };
  }

  #number({ kind, text, offset }: Token, minus?: Token): Expr {
    const at = minus?.offset ?? offset;
    const signed = minus ? `-${text}` : text;
    if (kind === "double") return this.#literal(at, Number(signed));
    if (kind === "uint") {
      const value = uintValue(text);
      if (value === undefined) return this.fault(at, "invalid uint literal");
      return this.#literal(at, new Uint(value));
    }
    const value = intValue(signed);
    return value === undefined ? this.fault(at, "invalid int literal") : this.#literal(at, value);
  }

  #text({ kind, text, offset }: Token): Expr {
    const value = kind === "bytes" ? bytesValue(text) : stringValue(text);
    if (value === undefined) return this.fault(offset, "unable to unescape string");
    return this.#literal(offset, value);
  }

  #literal(offset: number, value: Value): Expr {
    return { kind: "literal", id: this.newId(offset), value };
  }

  #call(id: number, name: string, args: readonly Expr[]): Expr {
    return { kind: "call", id, function: name, target: undefined, args };
  }
}
