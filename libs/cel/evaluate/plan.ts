/** Turns a checked expression into a function that evaluates it. */
import { formatType } from "../celtype.ts";
import type { Checked } from "../check/checker.ts";
import { callCost, createCost } from "../cost/actual.ts";
import type { Overload } from "../environment.ts";
import type {
  Call,
  Comprehension,
  Expr,
  ListLiteral,
  MapLiteral,
  Select,
  StructLiteral,
} from "../syntax/ast.ts";
import {
  ArrayList,
  CelError,
  CelList,
  CelMap,
  EntryMap,
  isError,
  Optional,
  TypeValue,
  typeNameOf,
  type Value,
} from "../values/value.ts";
import type { Step } from "./frame.ts";
import { accepts } from "./match.ts";
import { MadeObject, OpenList, OpenMap } from "./made.ts";
import { fieldOf, hasField, optionalField } from "./select.ts";

export function plan(expr: Expr, checked: Checked): Step {
  return new Planner(checked).step(expr);
}

const noSuchOverload = "no such overload";

class Planner {
  readonly #checked: Checked;
  /** Names of the loops' variables; the place is the slot. */
  readonly #slots: string[] = [];

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  step(expr: Expr): Step {
    switch (expr.kind) {
      case "literal": {
        const { value } = expr;
        return () => value;
      }
      case "ident":
        return this.#ident(expr.id, expr.name);
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
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

  #ident(id: number, written: string): Step {
    const name = written.replace(/^\./, "");
    const slot = this.#slots.lastIndexOf(name);
    if (slot !== -1) {
      return (frame) => {
        frame.charge(1);
        return frame.locals[slot] ?? null;
      };
    }
    const type = this.#checked.types.get(id);
    const named = type?.kind === "type" && type.of ? nameOf(formatType(type.of)) : undefined;
    return (frame) => {
      const value = frame.variable(name);
      if (value === undefined && named !== undefined) return new TypeValue(named);
      frame.charge(1);
      return value === undefined ? new CelError(`no such attribute(s): ${name}`) : value;
    };
  }

  #select(expr: Select): Step {
    const name = this.#checked.names.get(expr.id);
    if (name !== undefined) return this.#ident(expr.id, name);
    const operand = this.step(expr.operand);
    const { field } = expr;
    if (expr.testOnly) return (frame) => hasField(operand(frame), field);
    return (frame) => {
      const value = operand(frame);
      frame.charge(1);
      return fieldOf(value, field);
    };
  }

  #call(call: Call): Step {
    const args = call.args.map((arg) => this.step(arg));
    const [a, b, c] = args;
    switch (call.function) {
      case "_&&_":
        if (a && b) return logical(a, b, false);
        break;
      case "_||_":
        if (a && b) return logical(a, b, true);
        break;
      case "_?_:_":
        if (a && b && c) return conditional(a, b, c);
        break;
      case "@not_strictly_false":
        if (a) return notStrictlyFalse(a);
        break;
      case "_?._":
        if (a && b) return optionalSelection(a, b);
        break;
      default:
    }
    const isMember = call.target !== undefined && !this.#checked.statics.has(call.id);
    const all = isMember && call.target ? [this.step(call.target), ...args] : args;
    return this.#dispatch(call, all);
  }

  #dispatch({ id, function: name }: Call, args: readonly Step[]): Step {
    const overloads = this.#checked.overloads.get(id) ?? [];
    return (frame) => {
      const values: Value[] = [];
      for (const arg of args) {
        const value = arg(frame);
        if (isError(value)) return value;
        values.push(value);
      }
      const overload = chosen(overloads, values);
      if (!overload) return new CelError(`${noSuchOverload}${signature(name, values)}`);
      const result = overload.run(...values);
      frame.charge(callCost(name, overload.id, values, result));
      return result;
    };
  }

  #list({ elements, optional }: ListLiteral): Step {
    const steps = elements.map((element) => this.step(element));
    return (frame) => {
      const values: Value[] = [];
      for (const [index, step] of steps.entries()) {
        const value = step(frame);
        if (isError(value)) return value;
        if (!optional.has(index)) values.push(value);
        else if (!(value instanceof Optional)) return invalidOptional(value);
        else if (value.value !== undefined) values.push(value.value);
      }
      frame.charge(createCost.list);
      return new ArrayList(values);
    };
  }

  #map({ entries }: MapLiteral): Step {
    const steps = entries.map(({ key, value, isOptional }) => ({
      key: this.step(key),
      value: this.step(value),
      isOptional,
    }));
    return (frame) => {
      const map = new EntryMap();
      for (const { key, value, isOptional } of steps) {
        const at = key(frame);
        if (isError(at)) return at;
        const held = value(frame);
        if (isError(held)) return held;
        const inner = isOptional ? unwrapped(held) : held;
        if (inner === undefined) continue;
        if (isError(inner)) return inner;
        if (!map.add(at, inner)) return keyFault(map, at);
      }
      frame.charge(createCost.map);
      return map;
    };
  }

  #struct({ name, fields }: StructLiteral): Step {
    const steps = fields.map(({ field, value, isOptional }) => ({
      field,
      value: this.step(value),
      isOptional,
    }));
    return (frame) => {
      const values = new Map<string, Value>();
      for (const { field, value, isOptional } of steps) {
        const held = value(frame);
        if (isError(held)) return held;
        const inner = isOptional ? unwrapped(held) : held;
        if (inner !== undefined && isError(inner)) return inner;
        if (inner !== undefined) values.set(field, inner);
      }
      frame.charge(createCost.struct);
      return new MadeObject(name, values);
    };
  }

  #comprehension(loop: Comprehension): Step {
    const range = this.step(loop.range);
    const init = this.step(loop.accuInit);
    const accu = this.#slots.push(loop.accuVar) - 1;
    const first = this.#slots.push(loop.iterVar) - 1;
    const second = loop.iterVar2 === undefined ? undefined : this.#slots.push(loop.iterVar2) - 1;
    const condition = this.step(loop.condition);
    const step = this.step(loop.step);
    this.#slots.length = accu + 1;
    const result = this.step(loop.result);
    this.#slots.length = accu;
    return (frame) => {
      const values = range(frame);
      if (isError(values)) return values;
      const pairs = pairsOf(values, second !== undefined);
      if (!pairs) return new CelError(`${noSuchOverload}: ${typeNameOf(values)}`);
      frame.locals[accu] = opened(init(frame));
      for (const [key, value] of pairs) {
        frame.locals[first] = key;
        if (second !== undefined) frame.locals[second] = value;
        if (condition(frame) === false) break;
        frame.locals[accu] = step(frame);
      }
      frame.locals[accu] = closed(frame.locals[accu] ?? null);
      return result(frame);
    };
  }
}

/** What an accumulator that starts empty is gathered in, so that a loop is not quadratic. */
function opened(value: Value): Value {
  if (value instanceof ArrayList && value.size === 0) return new OpenList();
  return value instanceof EntryMap && value.size === 0 ? new OpenMap() : value;
}

function closed(value: Value): Value {
  if (value instanceof OpenList) return new ArrayList(value.values);
  return value instanceof OpenMap ? value.closed() : value;
}

/** What a loop runs over: with two variables an index or key comes with each value. */
function* entriesOf(range: CelList | CelMap, withBoth: boolean): Generator<[Value, Value]> {
  if (range instanceof CelMap) {
    for (const key of range.keys()) yield [key, withBoth ? (range.get(key) ?? null) : null];
    return;
  }
  for (let index = 0; index < range.size; index += 1) {
    yield withBoth ? [BigInt(index), range.at(index)] : [range.at(index), null];
  }
}

const pairsOf = (range: Value, withBoth: boolean) =>
  range instanceof CelList || range instanceof CelMap ? entriesOf(range, withBoth) : undefined;

function chosen(overloads: readonly Overload[], values: readonly Value[]): Overload | undefined {
  return overloads.find(({ args }) =>
    args.every((type, index) => accepts(type, values[index] ?? null)),
  );
}

const signature = (name: string, values: readonly Value[]) =>
  `: ${name}(${values.map(typeNameOf).join(", ")})`;

/** `&&` and `||`: one side that decides is enough, even when the other is an error. */
function logical(left: Step, right: Step, decisive: boolean): Step {
  return (frame) => {
    const one = left(frame);
    if (one === decisive) return decisive;
    const other = right(frame);
    if (other === decisive) return decisive;
    if (one === !decisive && other === !decisive) return !decisive;
    if (isError(one)) return one;
    if (isError(other)) return other;
    return new CelError(noSuchOverload);
  };
}

function conditional(condition: Step, yes: Step, no: Step): Step {
  return (frame) => {
    const test = condition(frame);
    if (test === true) return yes(frame);
    if (test === false) return no(frame);
    return isError(test) ? test : new CelError(noSuchOverload);
  };
}

function notStrictlyFalse(operand: Step): Step {
  return (frame) => {
    const value = operand(frame);
    frame.charge(1);
    return value !== false;
  };
}

function optionalSelection(operand: Step, field: Step): Step {
  return (frame) => {
    const value = operand(frame);
    frame.charge(1);
    return isError(value) ? value : optionalField(value, String(field(frame)));
  };
}

/** What is in an optional; undefined when nothing is. */
function unwrapped(value: Value): Value | undefined {
  return value instanceof Optional ? value.value : invalidOptional(value);
}

const invalidOptional = (value: Value) =>
  new CelError(`cannot initialize optional value from ${typeNameOf(value)}`);

function keyFault(map: EntryMap, key: Value): CelError {
  const isThere = map.get(key) !== undefined;
  return new CelError(isThere ? `Failed with repeated key` : `unsupported key type`);
}

/** Types as values are named without their parts. */
const nameOf = (formatted: string) => {
  const name = formatted.replace(/\(.*/, "");
  return { null: "null_type", ...timeNames }[name] ?? name;
};
const timeNames: Readonly<Record<string, string>> = {
  duration: "google.protobuf.Duration",
  timestamp: "google.protobuf.Timestamp",
};
