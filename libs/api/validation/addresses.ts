/** IP addresses and ranges as numbers, their canonical form, and special ones. */
import { invalid, type FieldError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import { cidrErrors, cidrFamily, ipErrors, ipFamily } from "./names.ts";

export interface IpAddress {
  readonly family: "IPv4" | "IPv6";
  /** The address as a number: 32 or 128 bits. */
  readonly value: bigint;
}

export interface IpRange {
  readonly family: "IPv4" | "IPv6";
  /** First address. */
  readonly base: bigint;
  readonly prefixLength: number;
}

const bitsOf = { IPv4: 32, IPv6: 128 } as const;

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The address that a text means, as sloppily as Kubernetes reads it (see `ipFamily`). */
export function parseIp(text: string): IpAddress | undefined {
  const family = ipFamily(text);
  if (family === 0) return undefined;
  if (family === 6) return { family: "IPv6", value: valueOfV6(text) };
  return { family: "IPv4", value: valueOfV4(mapped.exec(text)?.[1] ?? text) };
}

function valueOfV4(text: string): bigint {
  return text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(Number(part)), 0n);
}

function valueOfV6(text: string): bigint {
  const [head = "", tail] = withoutDots(text).split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** The dotted end of `::ffff:192.0.2.1` as two groups. */
function withoutDots(text: string): string {
  const at = text.lastIndexOf(":") + 1;
  const end = text.slice(at);
  if (!end.includes(".")) return text;
  const value = valueOfV4(end);
  return `${text.slice(0, at)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

const groupsOf = (text: string): bigint[] =>
  text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`));

/** Canonical text: dotted, or RFC 5952. */
export function ipText({ family, value }: IpAddress): string {
  if (family === "IPv4") {
    return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(16 * (7 - index))) & 0xffffn),
  );
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index < groups.length; index++) {
    if (groups[index] !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

/** The range that `address/bits` means; undefined for anything else. */
export function parseRange(text: string): IpRange | undefined {
  if (cidrFamily(text) === 0) return undefined;
  const [address = "", bits] = text.split("/");
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const prefixLength = Number(bits);
  const hostBits = BigInt(bitsOf[ip.family] - prefixLength);
  return { family: ip.family, base: (ip.value >> hostBits) << hostBits, prefixLength };
}

/** The range of a text that is known to be one. Throws `RangeError` for anything else. */
export function rangeOf(text: string): IpRange {
  const range = parseRange(text);
  if (range === undefined) throw new RangeError(`${JSON.stringify(text)} is no range of addresses`);
  return range;
}

/** How many addresses a range holds. */
export const rangeSize = ({ family, prefixLength }: IpRange): bigint =>
  1n << BigInt(bitsOf[family] - prefixLength);

/** Whether an address is of the range's family and inside it. */
export function rangeContains(range: IpRange, { family, value }: IpAddress): boolean {
  if (family !== range.family) return false;
  return value >= range.base && value < range.base + rangeSize(range);
}

const special = [
  ["may not be in the loopback range (127.0.0.0/8, ::1/128)", "127.0.0.0/8", "::1/128"],
  ["may not be in the link-local range (169.254.0.0/16, fe80::/10)", "169.254.0.0/16", "fe80::/10"],
  [
    "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
    "224.0.0.0/24",
    "ff02::/16",
  ],
].map(([detail = "", ...ranges]) => ({ detail, ranges: ranges.map(rangeOf) }));

/** Addresses that no endpoint and no external address may have. */
export function validateNonSpecialIp(path: string, text: string): FieldError[] {
  const ip = parseIp(text);
  if (ip === undefined) return [invalid(path, text, "must be a valid IP address")];
  const errors = special
    .filter(({ ranges }) => ranges.some((range) => rangeContains(range, ip)))
    .map(({ detail }) => invalid(path, text, detail));
  if (ip.value === 0n) errors.unshift(invalid(path, text, `may not be unspecified (${text})`));
  return errors;
}

const isMapped = (address: string): boolean => /^::ffff:.*\./i.test(address);
const hasLeadingZeros = (address: string): boolean =>
  !address.includes(":") && /(^|\.)0\d/.test(address);

/** Why an address is none, or is written in a way that programs read differently. */
export function strictIpErrors(text: string): string[] {
  const errors = ipErrors(text);
  if (errors.length > 0) return errors;
  if (hasLeadingZeros(text)) return ["must not have leading 0s"];
  return isMapped(text) ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** The same for a range, which begins with its first address. */
export function strictCidrErrors(text: string): string[] {
  const errors = cidrErrors(text);
  const range = parseRange(text);
  if (errors.length > 0 || range === undefined) return errors;
  const [address = "", bits = ""] = text.split("/");
  if (hasLeadingZeros(address) || /^0\d/.test(bits)) {
    return ["must not have leading 0s in IP or prefix length"];
  }
  if (isMapped(address)) return ["must not have an IPv4-mapped IPv6 address"];
  if (parseIp(address)?.value === range.base) return [];
  return ["must not have bits set beyond the prefix length"];
}

/** Canonical text of a range. */
export const rangeText = ({ family, base, prefixLength }: IpRange): string =>
  `${ipText({ family, value: base })}/${prefixLength}`;

/** What a client is told about a range that is written in an unusual way. */
export function cidrWarnings(path: string, text: string): string[] {
  const range = parseRange(text);
  const [address = ""] = text.split("/");
  const ip = parseIp(address);
  if (range === undefined || ip === undefined) return [];
  const whole = rangeText(range);
  const warnings: string[] = [];
  if (ip.value !== range.base) {
    const alone = `${ipText(ip)}/${bitsOf[range.family]}`;
    warnings.push(
      `${path}: CIDR value ${goQuote(text)} is ambiguous in this context ` +
        `(should be ${goQuote(whole)} or ${goQuote(alone)}?)`,
    );
  }
  if (hasLeadingZeros(address) || isMapped(address) || /\/0\d/.test(text)) {
    warnings.push(
      `${path}: non-standard CIDR value ${goQuote(text)} will be considered invalid in a ` +
        `future Kubernetes release: use ${goQuote(whole)}`,
    );
  } else if (range.family === "IPv6" && ipText(ip) !== address) {
    const canonical = goQuote(`${ipText(ip)}/${range.prefixLength}`);
    warnings.push(
      `${path}: IPv6 CIDR value ${goQuote(text)} should be in RFC 5952 canonical format ` +
        `(${canonical})`,
    );
  }
  return warnings;
}

/** What a client is told about an address that is written in an unusual way. */
export function ipWarnings(path: string, text: string): string[] {
  const ip = parseIp(text);
  if (ip === undefined || ipText(ip) === text) return [];
  const canonical = ipText(ip);
  if (ip.family === "IPv6") {
    return [
      `${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`,
    ];
  }
  return [
    `${path}: non-standard IP address "${text}" will be considered invalid ` +
      `in a future Kubernetes release: use "${canonical}"`,
  ];
}
