/** Macros: calls that are rewritten while they are parsed, most of them into loops. */
import type { Value } from "../values/value.ts";
import type { Comprehension, Expr } from "./ast.ts";

/** What an expansion may ask of the parser. */
export interface MacroHost {
  /** Whether `cel.bind` is one. */
  readonly hasBind: boolean;
  newId(offset: number): number;
  offsetOf(expr: Expr): number;
  /** Tells a fault; the expression stands in for what could not be made. */
  fault(offset: number, message: string): Expr;
}

export interface MacroCall {
  readonly id: number;
  readonly name: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

type Expansion = (build: Builder, target: Expr, args: readonly Expr[]) => Expr;

/** The accumulator cannot be named in an expression. */
const accumulator = "@result";
const notStrictlyFalse = "@not_strictly_false";

/** Undefined when the call is none of a macro. */
export function expandMacro(host: MacroHost, call: MacroCall): Expr | undefined {
  const { name, target, args } = call;
  const build = new Builder(host, call);
  if (!target) return name === "has" && args.length === 1 ? has(build, args) : undefined;
  const isBind = name === "bind" && target.kind === "ident" && target.name === "cel";
  if (host.hasBind && isBind && args.length === 3) return bind(build, args);
  const expansion = members.get(`${name}/${args.length}`);
  return expansion?.(build, target, args);
}

class Builder {
  readonly #host: MacroHost;
  readonly #call: MacroCall;

  constructor(host: MacroHost, call: MacroCall) {
    this.#host = host;
    this.#call = call;
  }

  get id(): number {
    return this.#host.newId(this.#offset);
  }

  get #offset(): number {
    return this.#host.offsetOf({ kind: "ident", id: this.#call.id, name: "" });
  }

  literal = (value: Value): Expr => ({ kind: "literal", id: this.id, value });
  ident = (name: string): Expr => ({ kind: "ident", id: this.id, name });
  list = (...elements: Expr[]): Expr => ({
    kind: "list",
    id: this.id,
    elements,
    optional: new Set(),
  });
  call = (name: string, ...args: Expr[]): Expr => ({
    kind: "call",
    id: this.id,
    function: name,
    target: undefined,
    args,
  });
  member = (target: Expr, name: string, ...args: Expr[]): Expr => ({
    kind: "call",
    id: this.id,
    function: name,
    target,
    args,
  });

  get accu(): Expr {
    return this.ident(accumulator);
  }

  loop(range: Expr, variables: readonly string[], parts: LoopParts): Comprehension {
    const [iterVar = "", iterVar2] = variables;
    return {
      kind: "comprehension",
      id: this.id,
      range,
      iterVar,
      iterVar2,
      accuVar: accumulator,
      accuInit: parts.init,
      condition: parts.condition ?? this.literal(true),
      step: parts.step,
      result: parts.result ?? this.accu,
    };
  }

  fault(expr: Expr, message: string): Expr {
    return this.#host.fault(this.#host.offsetOf(expr), message);
  }

  faultOfCall(message: string): Expr {
    return this.#host.fault(this.#offset, message);
  }
}

interface LoopParts {
  readonly init: Expr;
  readonly step: Expr;
  readonly condition?: Expr;
  readonly result?: Expr;
}

/** Names of the variables in front, or the fault of the first that is no name. */
function variablesOf(build: Builder, args: readonly Expr[], count: number): string[] | Expr {
  const names: string[] = [];
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== "ident" || arg.name.startsWith(".")) {
      return build.fault(arg, "argument must be a simple name");
    }
    if (arg.name === accumulator || arg.name === "__result__") {
      return build.fault(arg, "iteration variable overwrites accumulator variable");
    }
    if (names.includes(arg.name)) return build.fault(arg, `duplicate variable name: ${arg.name}`);
    names.push(arg.name);
  }
  return names;
}

/** An expansion with `count` variables in front of its other arguments. */
const over =
  (count: number, expand: (build: Builder, names: string[], rest: Expr[], range: Expr) => Expr) =>
  (build: Builder, target: Expr, args: readonly Expr[]): Expr => {
    const names = variablesOf(build, args, count);
    return Array.isArray(names) ? expand(build, names, args.slice(count), target) : names;
  };

function has(build: Builder, [arg]: readonly Expr[]): Expr {
  if (arg?.kind !== "select") return build.faultOfCall("invalid argument to has() macro");
  return { ...arg, id: build.id, testOnly: true };
}

const all = (count: number) =>
  over(count, (build, names, [test], range) =>
    build.loop(range, names, {
      init: build.literal(true),
      condition: build.call(notStrictlyFalse, build.accu),
      step: build.call("_&&_", build.accu, test ?? build.accu),
    }),
  );

const exists = (count: number) =>
  over(count, (build, names, [test], range) =>
    build.loop(range, names, {
      init: build.literal(false),
      condition: build.call(notStrictlyFalse, build.call("!_", build.accu)),
      step: build.call("_||_", build.accu, test ?? build.accu),
    }),
  );

const existsOne = (count: number) =>
  over(count, (build, names, [test], range) =>
    build.loop(range, names, {
      init: build.literal(0n),
      step: build.call(
        "_?_:_",
        test ?? build.accu,
        build.call("_+_", build.accu, build.literal(1n)),
        build.accu,
      ),
      result: build.call("_==_", build.accu, build.literal(1n)),
    }),
  );

/** `step` when the test, if there is one, holds; what was gathered so far otherwise. */
const when = (build: Builder, test: Expr | undefined, step: Expr): Expr =>
  test ? build.call("_?_:_", test, step, build.accu) : step;

const transformList = (count: number) =>
  over(count, (build, names, rest, range) => {
    const transform = rest.at(-1) ?? build.accu;
    const step = build.call("_+_", build.accu, build.list(transform));
    const test = rest.length > 1 ? rest[0] : undefined;
    return build.loop(range, names, { init: build.list(), step: when(build, test, step) });
  });

const filter = over(1, (build, names, [test], range) => {
  const [name = ""] = names;
  const step = build.call("_+_", build.accu, build.list(build.ident(name)));
  return build.loop(range, names, { init: build.list(), step: when(build, test, step) });
});

const transformMap = (withEntry: boolean) =>
  over(2, (build, names, rest, range) => {
    const transform = rest.at(-1) ?? build.accu;
    const test = rest.length > 1 ? rest[0] : undefined;
    const step = withEntry
      ? build.call("cel.@mapInsert", build.accu, transform)
      : build.call("cel.@mapInsert", build.accu, build.ident(names[0] ?? ""), transform);
    const init: Expr = { kind: "map", id: build.id, entries: [] };
    return build.loop(range, names, { init, step: when(build, test, step) });
  });

/** A loop that runs not once: its accumulator is the name for the value. */
function bound(build: Builder, name: string, value: Expr, body: Expr | undefined): Comprehension {
  const loop = build.loop(build.list(), ["#unused"], {
    init: value,
    condition: build.literal(false),
    step: build.ident(name),
    result: body ?? build.accu,
  });
  return { ...loop, accuVar: name };
}

/** `cel.bind(name, value, body)`. */
function bind(build: Builder, args: readonly Expr[]): Expr {
  const names = variablesOf(build, args, 1);
  if (!Array.isArray(names)) return names;
  return bound(build, names[0] ?? "", args[1] ?? build.accu, args[2]);
}

/** `optMap` and `optFlatMap`: the value under a name, when there is one. */
const optMap = (isFlat: boolean) =>
  over(1, (build, names, [body], target) => {
    const value = build.member(target, "value");
    const named = bound(build, names[0] ?? "", value, body);
    const result = isFlat ? named : build.call("optional.of", named);
    return build.call(
      "_?_:_",
      build.member(target, "hasValue"),
      result,
      build.call("optional.none"),
    );
  });

/** By name and number of arguments. */
const members: ReadonlyMap<string, Expansion> = new Map<string, Expansion>([
  ["all/2", all(1)],
  ["all/3", all(2)],
  ["exists/2", exists(1)],
  ["exists/3", exists(2)],
  ["exists_one/2", existsOne(1)],
  ["existsOne/2", existsOne(1)],
  ["exists_one/3", existsOne(2)],
  ["existsOne/3", existsOne(2)],
  ["map/2", transformList(1)],
  ["map/3", transformList(1)],
  ["filter/2", filter],
  ["transformList/3", transformList(2)],
  ["transformList/4", transformList(2)],
  ["transformMap/3", transformMap(false)],
  ["transformMap/4", transformMap(false)],
  ["transformMapEntry/3", transformMap(true)],
  ["transformMapEntry/4", transformMap(true)],
  ["optMap/2", optMap(false)],
  ["optFlatMap/2", optMap(true)],
]);
