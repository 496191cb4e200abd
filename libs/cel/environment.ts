/** What an expression may name: variables, functions, types. */
import {
  anyType,
  bool,
  bytes,
  type CelType,
  double,
  duration,
  dyn,
  type FieldDeclaration,
  int,
  listOf,
  mapOf,
  nullType,
  string,
  timestamp,
  typeOf,
  type TypeProvider,
  uint,
} from "./celtype.ts";
import type { Value } from "./values/value.ts";

/** One way to call a function. */
export interface Overload {
  /** Unique; cel-go's own where it has the function, since costs go by it. */
  readonly id: string;
  readonly isMember: boolean;
  /** Of a member, the first is the target. */
  readonly args: readonly CelType[];
  readonly result: CelType;
  /** Total: what goes wrong is a `CelError`. It is called with values of the declared types. */
  readonly run: (...args: Value[]) => Value;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

type Run = (...args: never[]) => Value;

/** An overload that is called as `f(x)`. */
export const global = (
  id: string,
  args: readonly CelType[],
  result: CelType,
  run: Run,
): Overload => ({ id, isMember: false, args, result, run: run as Overload["run"] });

/** An overload that is called as `x.f()`. */
export const member = (
  id: string,
  args: readonly CelType[],
  result: CelType,
  run: Run,
): Overload => ({ id, isMember: true, args, result, run: run as Overload["run"] });

export const declare = (name: string, ...overloads: Overload[]): FunctionDeclaration => ({
  name,
  overloads,
});

/** Fields of object types, by type name. */
export type ObjectTypes = ReadonlyMap<string, ReadonlyMap<string, FieldDeclaration>>;

const typeNames: ReadonlyMap<string, CelType> = new Map([
  ["bool", bool],
  ["int", int],
  ["uint", uint],
  ["double", double],
  ["string", string],
  ["bytes", bytes],
  ["list", listOf(dyn)],
  ["map", mapOf(dyn, dyn)],
  ["null_type", nullType],
  ["type", anyType],
  ["google.protobuf.Duration", duration],
  ["google.protobuf.Timestamp", timestamp],
]);

interface Parts {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  readonly provider: TypeProvider;
  readonly hasBind: boolean;
}

/** Never changed: an extension is an environment of its own that shares what it extends. */
export class Environment {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static of(functions: readonly FunctionDeclaration[]): Environment {
    const maps = { variables: new Map(), functions: new Map() };
    const empty = { ...maps, provider: noTypes, hasBind: false };
    return new Environment(empty).withFunctions(functions);
  }

  /** Whether `cel.bind(name, value, expression)` may be used. */
  get hasBind(): boolean {
    return this.#parts.hasBind;
  }

  get provider(): TypeProvider {
    return this.#parts.provider;
  }

  /** Undefined when nothing has the name. The name of a type is a value too. */
  variable(name: string): CelType | undefined {
    const declared = this.#parts.variables.get(name);
    if (declared) return declared;
    const named = typeNames.get(name);
    if (named) return typeOf(named);
    return this.provider.fields(name) ? typeOf({ kind: "object", name }) : undefined;
  }

  /** Undefined when no function has the name. */
  overloads(name: string): readonly Overload[] | undefined {
    return this.#parts.functions.get(name);
  }

  withVariables(variables: Readonly<Record<string, CelType>>): Environment {
    const all = new Map([...this.#parts.variables, ...Object.entries(variables)]);
    return new Environment({ ...this.#parts, variables: all });
  }

  /** Functions of a name that is there already get more overloads. */
  withFunctions(functions: readonly FunctionDeclaration[]): Environment {
    const all = new Map(this.#parts.functions);
    for (const { name, overloads } of functions) {
      all.set(name, [...(all.get(name) ?? []), ...overloads]);
    }
    return new Environment({ ...this.#parts, functions: all });
  }

  withBind(): Environment {
    return new Environment({ ...this.#parts, hasBind: true });
  }

  /** Types beside those that are there. */
  withTypes(types: TypeProvider): Environment {
    const { provider } = this.#parts;
    const fields = (name: string) => types.fields(name) ?? provider.fields(name);
    return new Environment({ ...this.#parts, provider: { fields } });
  }
}

const noTypes: TypeProvider = { fields: () => undefined };
