/** Whether a value is one that an overload takes. */
import type { CelType } from "../celtype.ts";
import {
  CelList,
  CelMap,
  CelObject,
  Duration,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "../values/value.ts";

const tests: Readonly<Record<CelType["kind"], (value: Value) => boolean>> = {
  bool: (value) => typeof value === "boolean",
  int: (value) => typeof value === "bigint",
  uint: (value) => value instanceof Uint,
  double: (value) => typeof value === "number",
  string: (value) => typeof value === "string",
  bytes: (value) => value instanceof Uint8Array,
  null: (value) => value === null,
  duration: (value) => value instanceof Duration,
  timestamp: (value) => value instanceof Timestamp,
  dyn: () => true,
  error: () => true,
  parameter: () => true,
  list: (value) => value instanceof CelList,
  map: (value) => value instanceof CelMap || value instanceof CelObject,
  object: (value) => value instanceof CelObject || value instanceof CelMap,
  opaque: (value) => value instanceof Opaque || value instanceof Optional,
  type: (value) => value instanceof TypeValue,
};

/** Elements are not looked at: what is done with them tells by itself. */
export function accepts(type: CelType, value: Value): boolean {
  if (type.kind === "opaque") {
    if (value instanceof Opaque) return value.typeName === type.name;
    if (!(value instanceof Optional) || type.name !== "optional_type") return false;
    const [part] = type.parameters;
    return value.value === undefined || part === undefined || accepts(part, value.value);
  }
  return tests[type.kind](value);
}
