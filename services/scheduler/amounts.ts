/** Amounts of resources as plain numbers, for arithmetic in the scheduling loop. */

const binary: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const decimal: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const pattern = /^([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|([a-zA-Z]*))$/;

/** The same few quantities come again and again. */
const known = new Map<string, number>();
const knownMax = 10_000;

/** The number that a quantity stands for; 0 for what is none (validation refused it before). */
export function amountOf(quantity: string | undefined): number {
  if (quantity === undefined) return 0;
  const cached = known.get(quantity);
  if (cached !== undefined) return cached;
  const amount = parse(quantity);
  if (known.size < knownMax) known.set(quantity, amount);
  return amount;
}

function parse(quantity: string): number {
  const [, number = "", exponent = "", suffix = ""] = pattern.exec(quantity) ?? [];
  if (number === "") return 0;
  if (exponent) return Number(`${number}${exponent}`);
  return Number(number) * (binary[suffix] ?? decimal[suffix] ?? 0);
}

/** Milli-units of CPU, whole numbers elsewhere: what Kubernetes' scheduler calculates with. */
export function unitsOf(resource: string, quantity: string | undefined): number {
  const amount = amountOf(quantity);
  return resource === "cpu" ? Math.ceil(amount * 1_000) : Math.ceil(amount);
}
