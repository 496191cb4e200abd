/** Kubernetes' quantities. */
import { bool, type CelType, double, int, opaqueOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { parseQuantity, type Quantity as Amount } from "../../api/quantity.ts";
import { CelError, Opaque, type Value } from "../values/value.ts";

const quantity: CelType = opaqueOf("kubernetes.Quantity");
const nano = 1_000_000_000n;
const int64Max = (1n << 63n) - 1n;

export class QuantityValue extends Opaque {
  readonly typeName = "kubernetes.Quantity";
  readonly amount: Amount;

  constructor(amount: Amount) {
    super();
    this.amount = amount;
  }

  get key(): string {
    return String(this.amount.nanos);
  }
}

function parsed(text: string): QuantityValue | CelError {
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    return new CelError(error instanceof Error ? error.message : String(error));
  }
}

const signOf = (value: bigint) => (value > 0n ? 1n : value < 0n ? -1n : 0n);
const compareTo = (a: QuantityValue, b: QuantityValue) => signOf(a.amount.nanos - b.amount.nanos);

/** Undefined when it is no whole number, or does not fit in 64 bits. */
function wholeOf({ amount: { nanos } }: QuantityValue): bigint | undefined {
  const whole = nanos / nano;
  const fits = whole <= int64Max && whole >= -int64Max - 1n;
  return nanos % nano === 0n && fits ? whole : undefined;
}

const sum = (a: QuantityValue, nanos: bigint) =>
  new QuantityValue({ ...a.amount, nanos: a.amount.nanos + nanos });

export const quantities: readonly FunctionDeclaration[] = [
  declare("quantity", global("string_to_quantity", [string], quantity, parsed)),
  declare(
    "isQuantity",
    global(
      "is_quantity_string",
      [string],
      bool,
      (text: string) => parsed(text) instanceof QuantityValue,
    ),
  ),
  declare(
    "sign",
    member("quantity_sign", [quantity], int, (a: QuantityValue) => signOf(a.amount.nanos)),
  ),
  declare(
    "isGreaterThan",
    member(
      "quantity_is_greater_than",
      [quantity, quantity],
      bool,
      (a: QuantityValue, b: QuantityValue) => compareTo(a, b) > 0n,
    ),
  ),
  declare(
    "isLessThan",
    member(
      "quantity_is_less_than",
      [quantity, quantity],
      bool,
      (a: QuantityValue, b: QuantityValue) => compareTo(a, b) < 0n,
    ),
  ),
  declare("compareTo", member("quantity_compare_to", [quantity, quantity], int, compareTo)),
  declare(
    "asApproximateFloat",
    member(
      "quantity_get_float",
      [quantity],
      double,
      ({ amount }: QuantityValue) => Number(amount.nanos) / Number(nano),
    ),
  ),
  declare(
    "asInteger",
    member(
      "quantity_get_int",
      [quantity],
      int,
      (a: QuantityValue): Value => wholeOf(a) ?? new CelError("cannot convert value to integer"),
    ),
  ),
  declare(
    "isInteger",
    member("quantity_is_integer", [quantity], bool, (a: QuantityValue) => wholeOf(a) !== undefined),
  ),
  declare(
    "add",
    member("quantity_add", [quantity, quantity], quantity, (a: QuantityValue, b: QuantityValue) =>
      sum(a, b.amount.nanos),
    ),
    member("quantity_add_int", [quantity, int], quantity, (a: QuantityValue, b: bigint) =>
      sum(a, b * nano),
    ),
  ),
  declare(
    "sub",
    member("quantity_sub", [quantity, quantity], quantity, (a: QuantityValue, b: QuantityValue) =>
      sum(a, -b.amount.nanos),
    ),
    member("quantity_sub_int", [quantity, int], quantity, (a: QuantityValue, b: bigint) =>
      sum(a, -b * nano),
    ),
  ),
];
