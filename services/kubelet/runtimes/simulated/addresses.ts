/** Addresses of one node's pods, from its CIDR; each is given out again only after all others. */

const toNumber = (ip: string) =>
  ip.split(".").reduce((number, part) => number * 256 + Number(part), 0);
const toText = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** The addresses of one IPv4 network. */
export class AddressPool {
  readonly #free: number[] = [];
  readonly #first: number;
  readonly #count: number;
  #taken = 0;

  /** IPv4 only, e.g. `10.244.1.0/24`. Throws on anything else. */
  constructor(cidr: string) {
    const [, ip, bits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? [];
    if (ip === undefined) throw new Error(`not an IPv4 CIDR: ${cidr}`);
    // Network, gateway and broadcast addresses are nobody's.
    this.#first = toNumber(ip) + 2;
    this.#count = 2 ** (32 - Number(bits)) - 3;
  }

  /** Throws when all are taken. */
  take(): string {
    if (this.#taken < this.#count) return toText(this.#first + this.#taken++);
    const again = this.#free.shift();
    if (again === undefined) throw new Error("no address is free on this node");
    return toText(again);
  }

  give(ip: string): void {
    this.#free.push(toNumber(ip));
  }
}
