/** The types of literals. */
import { bool, bytes, type CelType, double, dyn, int, nullType, string, uint } from "../celtype.ts";
import { Uint, type Value } from "../values/value.ts";

export function literalType(value: Value): CelType {
  if (value === null) return nullType;
  if (value instanceof Uint) return uint;
  if (value instanceof Uint8Array) return bytes;
  switch (typeof value) {
    case "boolean":
      return bool;
    case "bigint":
      return int;
    case "number":
      return double;
    case "string":
      return string;
    default:
      return dyn;
  }
}
