/** Which type may stand where another is asked for, while the parameters of types are found out. */
import { type CelType, dyn, partsOf, sameType, withParts } from "../celtype.ts";

/** What each parameter was found to be. */
export type Bindings = Map<string, CelType>;

/** Bindings under which all of `from` may stand for `to`; undefined when there are none. */
export function assignAll(
  bindings: Bindings,
  from: readonly CelType[],
  to: readonly CelType[],
): Bindings | undefined {
  const tried = new Map(bindings);
  return areAssignable(tried, from, to) ? tried : undefined;
}

function areAssignable(
  bindings: Bindings,
  from: readonly CelType[],
  to: readonly CelType[],
): boolean {
  if (from.length !== to.length) return false;
  return from.every((type, index) => isAssignable(bindings, type, to[index] ?? dyn));
}

function isAssignable(bindings: Bindings, from: CelType, to: CelType): boolean {
  if (to.kind === "parameter") {
    const bound = bindings.get(to.name);
    if (bind(bindings, to.name, from)) return true;
    if (bound) return false;
  }
  if (from.kind === "parameter") return bind(bindings, from.name, to);
  if (isAnything(from) || isAnything(to)) return true;
  if (from.kind === "null") return isNullable(to);
  if (from.kind !== to.kind) return false;
  // A type is a type: of what, does not matter for who takes it.
  if (from.kind === "type") return true;
  if ("name" in from && "name" in to && from.name !== to.name) return false;
  return areAssignable(bindings, partsOf(from), partsOf(to));
}

const isAnything = ({ kind }: CelType) => kind === "dyn" || kind === "error";

const nullable = new Set(["opaque", "object", "null", "duration", "timestamp"]);
const isNullable = ({ kind }: CelType) => nullable.has(kind);

/** Binds a parameter, or finds its binding to fit; the more general of two types is kept. */
function bind(bindings: Bindings, name: string, type: CelType): boolean {
  const bound = bindings.get(name);
  if (bound) {
    if (sameType(bound, type)) return true;
    if (!isAssignable(bindings, type, bound)) return false;
    bindings.set(name, mostGeneral(type, bound));
    return true;
  }
  if (occursIn(bindings, name, type)) return type.kind === "parameter" && type.name === name;
  bindings.set(name, type);
  return true;
}

function occursIn(bindings: Bindings, name: string, type: CelType): boolean {
  if (type.kind === "parameter") {
    if (type.name === name) return true;
    const bound = bindings.get(type.name);
    return bound !== undefined && occursIn(bindings, name, bound);
  }
  return partsOf(type).some((part) => occursIn(bindings, name, part));
}

/** Of two types of which one may stand for the other. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  return isNoMoreSpecific(a, b) ? a : b;
}

function isNoMoreSpecific(a: CelType, b: CelType): boolean {
  if (a.kind === "dyn" || a.kind === "parameter") return true;
  if (b.kind === "dyn" || b.kind === "parameter" || a.kind !== b.kind) return false;
  if (a.kind === "type") return true;
  if ("name" in a && "name" in b && a.name !== b.name) return false;
  const others = partsOf(b);
  return partsOf(a).every((part, index) => isNoMoreSpecific(part, others[index] ?? dyn));
}

/** The type with its parameters replaced; those without a binding stay, or become `dyn`. */
export function substitute(bindings: Bindings, type: CelType, isFinal: boolean): CelType {
  if (type.kind === "parameter") {
    const bound = bindings.get(type.name);
    if (bound) return substitute(bindings, bound, isFinal);
    return isFinal ? dyn : type;
  }
  const parts = partsOf(type);
  if (parts.length === 0) return type;
  return withParts(
    type,
    parts.map((part) => substitute(bindings, part, isFinal)),
  );
}

/** The parameters' names of a signature, replaced by fresh ones. */
export function renamed(types: readonly CelType[], fresh: () => CelType): readonly CelType[] {
  const names: Bindings = new Map();
  const rename = (type: CelType): CelType => {
    if (type.kind === "parameter") {
      const known = names.get(type.name) ?? fresh();
      names.set(type.name, known);
      return known;
    }
    const parts = partsOf(type);
    return parts.length === 0 ? type : withParts(type, parts.map(rename));
  };
  return types.map(rename);
}
