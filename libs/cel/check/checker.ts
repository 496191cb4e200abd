/** Finds the type of every expression, and which overloads each call may mean. */
import {
  bool,
  type CelType,
  dyn,
  errorType,
  formatArguments,
  formatType,
  listOf,
  mapOf,
  optionalOf,
  parameter,
  string,
} from "../celtype.ts";
import type { Environment, Overload } from "../environment.ts";
import {
  type Call,
  type Comprehension,
  type Expr,
  type ListLiteral,
  type MapLiteral,
  qualifiedName,
  type Select,
  type StructLiteral,
} from "../syntax/ast.ts";
import type { Fault } from "../syntax/source.ts";
import { literalType } from "./literal.ts";
import { assignAll, type Bindings, mostGeneral, renamed, substitute } from "./unify.ts";

export interface Checked {
  readonly faults: readonly Fault[];
  readonly types: ReadonlyMap<number, CelType>;
  /** What a call may mean, by its id: more than one where an argument is dynamic. */
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Chains of names that are one variable, by the id of the outermost selection. */
  readonly names: ReadonlyMap<number, string>;
  /** Calls of a function with a dotted name, whose target is no value. */
  readonly statics: ReadonlySet<number>;
}

/** @param offsets where each expression stands, for the faults */
export function check(
  environment: Environment,
  expr: Expr,
  offsets: ReadonlyMap<number, number>,
): Checked {
  const checker = new Checker(environment, offsets);
  checker.check(expr);
  return checker.checked();
}

class Checker implements Checked {
  readonly faults: Fault[] = [];
  readonly types = new Map<number, CelType>();
  readonly overloads = new Map<number, readonly Overload[]>();
  readonly names = new Map<number, string>();
  readonly statics = new Set<number>();
  readonly #environment: Environment;
  readonly #offsets: ReadonlyMap<number, number>;
  readonly #scopes: Map<string, CelType>[] = [];
  #bindings: Bindings = new Map();
  #fresh = 0;

  constructor(environment: Environment, offsets: ReadonlyMap<number, number>) {
    this.#environment = environment;
    this.#offsets = offsets;
  }

  checked(): Checked {
    for (const [id, type] of this.types) {
      this.types.set(id, substitute(this.#bindings, type, true));
    }
    return this;
  }

  check(expr: Expr): CelType {
    const type = this.#typeOf(expr);
    this.types.set(expr.id, type);
    return type;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case "literal":
        return literalType(expr.value);
      case "ident":
        return this.#ident(expr.id, expr.name);
      case "select":
        return this.#select(expr);
      case "call":
        return expr.function === "_?._" ? this.#optionalSelect(expr) : this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "comprehension":
        return this.#comprehension(expr);
    }
  }

  #ident(id: number, name: string): CelType {
    const type = this.#lookup(name);
    if (type) return type;
    this.#fault(id, `undeclared reference to '${name}' (in container '')`);
    return errorType;
  }

  #lookup(name: string): CelType | undefined {
    for (const scope of this.#scopes.toReversed()) {
      const type = scope.get(name);
      if (type) return type;
    }
    return this.#environment.variable(name.replace(/^\./, ""));
  }

  #select(expr: Select): CelType {
    const name = qualifiedName(expr);
    const variable = name === undefined ? undefined : this.#lookup(name);
    if (name !== undefined && variable) {
      this.names.set(expr.id, name);
      return variable;
    }
    const operand = substitute(this.#bindings, this.check(expr.operand), false);
    const field = this.#fieldOf(expr.id, operand, expr.field);
    return expr.testOnly ? bool : field;
  }

  #optionalSelect({ id, args: [operand, field] }: Call): CelType {
    if (!operand || field?.kind !== "literal") throw new Error("a selection without its parts");
    this.types.set(field.id, string);
    const type = substitute(this.#bindings, this.check(operand), false);
    const selected = this.#fieldOf(id, type, String(field.value));
    return isOptional(selected) ? selected : optionalOf(selected);
  }

  /** The type of a field; of a field of an optional, an optional of it. */
  #fieldOf(id: number, type: CelType, field: string): CelType {
    const inner = optionalPart(type);
    if (inner) {
      const selected = this.#fieldOf(id, substitute(this.#bindings, inner, false), field);
      return isOptional(selected) ? selected : optionalOf(selected);
    }
    switch (type.kind) {
      case "error":
      case "dyn":
        return dyn;
      case "map":
        return type.value;
      case "parameter":
        // Nothing is known about it yet, and now it has fields.
        this.#assign(type, dyn);
        return dyn;
      case "object":
        return this.#declaredField(id, type.name, field);
      default:
        this.#fault(id, `type '${formatType(type)}' does not support field selection`);
        return errorType;
    }
  }

  #declaredField(id: number, typeName: string, field: string): CelType {
    const declared = this.#environment.provider.fields(typeName)?.get(field);
    if (declared) return declared.type;
    this.#fault(id, `undefined field '${field}'`);
    return errorType;
  }

  #call(call: Call): CelType {
    const args = call.args.map((arg) => this.check(arg));
    const target = call.target && qualifiedName(call.target);
    const dotted = target === undefined ? undefined : `${target}.${call.function}`;
    const statics = dotted === undefined ? undefined : this.#environment.overloads(dotted);
    if (dotted !== undefined && statics) {
      this.statics.add(call.id);
      return this.#resolve(call.id, dotted, statics, args, false);
    }
    const types = call.target ? [this.check(call.target), ...args] : args;
    const name = call.function.replace(/^\./, "");
    const overloads = this.#environment.overloads(name);
    if (overloads) return this.#resolve(call.id, name, overloads, types, call.target !== undefined);
    this.#fault(call.id, `undeclared reference to '${name}' (in container '')`);
    return errorType;
  }

  #resolve(
    id: number,
    name: string,
    overloads: readonly Overload[],
    args: readonly CelType[],
    isMember: boolean,
  ): CelType {
    const fitting: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.isMember !== isMember || overload.args.length !== args.length) continue;
      const signature = renamed([overload.result, ...overload.args], () => this.#freshType());
      const [own = dyn, ...wanted] = signature;
      const bindings = assignAll(this.#bindings, args, wanted);
      if (!bindings) continue;
      this.#bindings = bindings;
      fitting.push(overload);
      const mine = substitute(bindings, own, false);
      // With several candidates only the evaluation can tell what comes out.
      result = result && formatType(result) !== formatType(mine) ? dyn : mine;
    }
    this.overloads.set(id, fitting);
    if (result) return result;
    const types = args.map((type) => substitute(this.#bindings, type, true));
    const applied = formatArguments(types, isMember);
    this.#fault(id, `found no matching overload for '${name}' applied to '${applied}'`);
    return errorType;
  }

  #list({ elements, optional }: ListLiteral): CelType {
    let type: CelType | undefined;
    for (const [index, element] of elements.entries()) {
      const own = this.check(element);
      const inner = optional.has(index) ? this.#unwrapped(element.id, own) : own;
      type = this.#join(element.id, type, inner);
    }
    return listOf(type ?? this.#freshType());
  }

  #map({ entries }: MapLiteral): CelType {
    let key: CelType | undefined;
    let value: CelType | undefined;
    for (const entry of entries) {
      key = this.#join(entry.key.id, key, this.check(entry.key));
      const own = this.check(entry.value);
      const inner = entry.isOptional ? this.#unwrapped(entry.value.id, own) : own;
      value = this.#join(entry.value.id, value, inner);
    }
    return mapOf(key ?? this.#freshType(), value ?? this.#freshType());
  }

  #unwrapped(id: number, type: CelType): CelType {
    const inner = optionalPart(type);
    if (inner || type.kind === "dyn" || type.kind === "error") return inner ?? dyn;
    const wanted = formatType(optionalOf(type));
    this.#fault(id, `expected type '${wanted}' but found '${formatType(type)}'`);
    return type;
  }

  /** All elements of a literal are of one type. */
  #join(id: number, previous: CelType | undefined, current: CelType): CelType {
    if (!previous) return current;
    if (this.#assign(previous, current)) return mostGeneral(previous, current);
    const [wanted, found] = [previous, current].map((type) =>
      formatType(substitute(this.#bindings, type, true)),
    );
    this.#fault(id, `expected type '${wanted}' but found '${found}'`);
    return previous;
  }

  #struct({ id, name, fields }: StructLiteral): CelType {
    const declared = this.#environment.provider.fields(name);
    if (!declared) {
      const known = this.#lookup(name);
      const message = known
        ? `'${name}' is not a message type`
        : `undeclared reference to '${name}' (in container '')`;
      this.#fault(id, message);
    }
    for (const entry of fields) {
      const own = this.check(entry.value);
      const value = entry.isOptional ? this.#unwrapped(entry.value.id, own) : own;
      if (!declared) continue;
      const type = this.#declaredField(entry.id, name, entry.field);
      if (this.#assign(type, value)) continue;
      const text = `expected type of field '${entry.field}' is '${formatType(type)}'`;
      this.#fault(entry.id, `${text} but provided type is '${formatType(value)}'`);
    }
    return declared ? { kind: "object", name } : errorType;
  }

  #comprehension(loop: Comprehension): CelType {
    const range = substitute(this.#bindings, this.check(loop.range), false);
    const init = this.check(loop.accuInit);
    const [first, second] = this.#variablesOf(loop, range);
    this.#scopes.push(new Map([[loop.accuVar, init]]));
    const variables = new Map([[loop.iterVar, first]]);
    if (loop.iterVar2 !== undefined) variables.set(loop.iterVar2, second);
    this.#scopes.push(variables);
    this.check(loop.condition);
    this.#expect(loop.condition, bool);
    this.check(loop.step);
    this.#expect(loop.step, init);
    this.#scopes.pop();
    const result = this.check(loop.result);
    this.#scopes.pop();
    return substitute(this.#bindings, result, false);
  }

  #variablesOf({ range, iterVar2 }: Comprehension, type: CelType): [CelType, CelType] {
    switch (type.kind) {
      case "list":
        return iterVar2 === undefined ? [type.element, dyn] : [{ kind: "int" }, type.element];
      case "map":
        return [type.key, type.value];
      case "parameter":
        this.#assign(type, dyn);
        return [dyn, dyn];
      case "dyn":
      case "error":
        return [dyn, dyn];
      default: {
        const wanted = "cannot be range of a comprehension (must be list, map, or dynamic)";
        this.#fault(range.id, `expression of type '${formatType(type)}' ${wanted}`);
        return [errorType, errorType];
      }
    }
  }

  #expect(expr: Expr, wanted: CelType): void {
    const found = this.types.get(expr.id) ?? errorType;
    if (this.#assign(wanted, found)) return;
    const [want, have] = [wanted, found].map((type) =>
      formatType(substitute(this.#bindings, type, true)),
    );
    this.#fault(expr.id, `expected type '${want}' but found '${have}'`);
  }

  #assign(from: CelType, to: CelType): boolean {
    const bindings = assignAll(this.#bindings, [from], [to]);
    if (bindings) this.#bindings = bindings;
    return bindings !== undefined;
  }

  #freshType(): CelType {
    this.#fresh += 1;
    return parameter(`_var${this.#fresh}`);
  }

  #fault(id: number, message: string): void {
    this.faults.push({ offset: this.#offsets.get(id) ?? 0, message });
  }
}

const optionalPart = (type: CelType): CelType | undefined =>
  type.kind === "opaque" && type.name === "optional_type" ? type.parameters[0] : undefined;

const isOptional = (type: CelType) => optionalPart(type) !== undefined;
