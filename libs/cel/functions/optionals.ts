/** Values that may be absent. */
import { bool, listOf, optionalOf, parameter } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import {
  ArrayList,
  CelError,
  type CelList,
  CelMap,
  CelObject,
  Duration,
  Optional,
  sizeOf,
  Timestamp,
  Uint,
  type Value,
} from "../values/value.ts";

const V = parameter("V");

/** Whether a value is what its type starts with. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true;
  if (typeof value !== "object") return false;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  if (value instanceof CelObject) return [...value.fields()].length === 0;
  const isSized = value instanceof CelMap || value instanceof Uint8Array;
  return (isSized || value instanceof ArrayList) && sizeOf(value) === 0;
}

const unwrapAll = (list: CelList): Value =>
  new ArrayList(
    [...list].flatMap((item) =>
      item instanceof Optional && item.value !== undefined ? [item.value] : [],
    ),
  );

export const optionals: readonly FunctionDeclaration[] = [
  declare(
    "optional.of",
    global("optional_of", [V], optionalOf(V), (value: Value) => new Optional(value)),
  ),
  declare(
    "optional.ofNonZeroValue",
    global("optional_ofNonZeroValue", [V], optionalOf(V), (value: Value) =>
      isZero(value) ? Optional.none : new Optional(value),
    ),
  ),
  declare(
    "optional.none",
    global("optional_none", [], optionalOf(V), () => Optional.none),
  ),
  declare(
    "hasValue",
    member(
      "optional_hasValue",
      [optionalOf(V)],
      bool,
      ({ value }: Optional) => value !== undefined,
    ),
  ),
  declare(
    "value",
    member("optional_value", [optionalOf(V)], V, ({ value }: Optional): Value =>
      value === undefined ? new CelError("optional.none() dereference") : value,
    ),
  ),
  declare(
    "or",
    member(
      "optional_or_optional",
      [optionalOf(V), optionalOf(V)],
      optionalOf(V),
      (a: Optional, b: Optional) => (a.value === undefined ? b : a),
    ),
  ),
  declare(
    "orValue",
    member("optional_orValue_value", [optionalOf(V), V], V, ({ value }: Optional, other: Value) =>
      value === undefined ? other : value,
    ),
  ),
  declare(
    "optional.unwrap",
    global("optional_unwrap", [listOf(optionalOf(V))], listOf(V), unwrapAll),
  ),
  declare("unwrapOpt", member("optional_unwrapOpt", [listOf(optionalOf(V))], listOf(V), unwrapAll)),
];
