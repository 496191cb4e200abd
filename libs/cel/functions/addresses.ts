/** Kubernetes' functions of IP addresses and ranges. */
import { isIP } from "node:net";
import { bool, type CelType, int, opaqueOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import {
  type IpAddress,
  type IpRange,
  ipText,
  parseIp,
  parseRange,
  rangeContains,
  rangeOf,
} from "../../api/validation/addresses.ts";
import { CelError, Opaque, type Value } from "../values/value.ts";

const ip: CelType = opaqueOf("net.IP");
const cidr: CelType = opaqueOf("net.CIDR");

class IpValue extends Opaque {
  readonly typeName = "net.IP";
  readonly address: IpAddress;

  constructor(address: IpAddress) {
    super();
    this.address = address;
  }

  get key(): string {
    return ipText(this.address);
  }
}

class CidrValue extends Opaque {
  readonly typeName = "net.CIDR";
  readonly range: IpRange;
  /** The address that was written, which may lie inside the range. */
  readonly address: IpAddress;

  constructor(range: IpRange, address: IpAddress) {
    super();
    this.range = range;
    this.address = address;
  }

  get key(): string {
    return `${ipText(this.address)}/${this.range.prefixLength}`;
  }
}

/** Zones and IPv4 in IPv6 are refused, as Kubernetes does. */
function parsedIp(text: string): IpValue | CelError {
  if (text.includes("%")) {
    return new CelError(`IP address ${JSON.stringify(text)} with zone value is not allowed`);
  }
  const address = isIP(text) === 0 ? undefined : parseIp(text);
  if (!address) {
    const place = `IP Address ${JSON.stringify(text)} parse error during conversion from string`;
    return new CelError(`${place}: ParseAddr(${JSON.stringify(text)}): unable to parse IP`);
  }
  if (isMapped(address)) {
    return new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`);
  }
  return new IpValue(address);
}

function parsedCidr(text: string): CidrValue | CelError {
  const range = parseRange(text);
  const address = parsedIp(text.replace(/\/.*$/, ""));
  if (address instanceof CelError || !range) {
    const place = "network address parse error during conversion from string";
    return new CelError(`${place}: netip.ParsePrefix(${JSON.stringify(text)}): no valid prefix`);
  }
  return new CidrValue(range, address.address);
}

/** Whether an address lies in one of these. */
const within = (...ranges: string[]) => {
  const parsed = ranges.map(rangeOf);
  return (address: IpAddress) => parsed.some((range) => rangeContains(range, address));
};

const isMapped = within("::ffff:0:0/96");
const isUnspecified = within("0.0.0.0/32", "::/128");
const isLoopback = within("127.0.0.0/8", "::1/128");
const isLinkLocalMulticast = within("224.0.0.0/24", "ff02::/16");
const isLinkLocalUnicast = within("169.254.0.0/16", "fe80::/10");
const isMulticast = within("224.0.0.0/4", "ff00::/8");
const isBroadcast = within("255.255.255.255/32");

const isGlobalUnicast = (address: IpAddress) =>
  ![isUnspecified, isBroadcast, isLoopback, isMulticast, isLinkLocalUnicast].some((test) =>
    test(address),
  );

/** A question about an address. */
const question = (name: string, id: string, test: (address: IpAddress) => boolean) =>
  declare(
    name,
    member(id, [ip], bool, ({ address }: IpValue) => test(address)),
  );

const containsIp = ({ range }: CidrValue, { address }: IpValue) => rangeContains(range, address);
const containsCidr = ({ range }: CidrValue, other: CidrValue) =>
  rangeContains(range, other.address) && range.prefixLength <= other.range.prefixLength;

/** The same test for a text that is to be parsed first. */
const parsedFirst =
  <T extends Value>(parse: (text: string) => T | CelError, test: (a: CidrValue, b: T) => boolean) =>
  (a: CidrValue, text: string): Value => {
    const b = parse(text);
    return b instanceof CelError ? b : test(a, b);
  };

const masked = ({ range }: CidrValue): Value =>
  new CidrValue(range, { family: range.family, value: range.base });

export const addresses: readonly FunctionDeclaration[] = [
  declare(
    "ip",
    global("string_to_ip", [string], ip, parsedIp),
    member("cidr_ip", [cidr], ip, ({ address }: CidrValue) => new IpValue(address)),
  ),
  declare(
    "isIP",
    global("is_ip", [string], bool, (text: string) => parsedIp(text) instanceof IpValue),
  ),
  declare(
    "ip.isCanonical",
    global("ip_is_canonical", [string], bool, (text: string): Value => {
      const parsed = parsedIp(text);
      return parsed instanceof CelError ? parsed : parsed.key === text;
    }),
  ),
  declare(
    "family",
    member("ip_family", [ip], int, (a: IpValue) => (a.address.family === "IPv4" ? 4n : 6n)),
  ),
  question("isUnspecified", "ip_is_unspecified", isUnspecified),
  question("isLoopback", "ip_is_loopback", isLoopback),
  question("isLinkLocalMulticast", "ip_is_link_local_multicast", isLinkLocalMulticast),
  question("isLinkLocalUnicast", "ip_is_link_local_unicast", isLinkLocalUnicast),
  question("isGlobalUnicast", "ip_is_global_unicast", isGlobalUnicast),
  declare(
    "string",
    global("ip_to_string", [ip], string, ({ key }: IpValue) => key),
    global("cidr_to_string", [cidr], string, ({ key }: CidrValue) => key),
  ),
  declare("cidr", global("string_to_cidr", [string], cidr, parsedCidr)),
  declare(
    "isCIDR",
    global("is_cidr", [string], bool, (text: string) => parsedCidr(text) instanceof CidrValue),
  ),
  declare(
    "containsIP",
    member("cidr_contains_ip", [cidr, ip], bool, containsIp),
    member("cidr_contains_ip_string", [cidr, string], bool, parsedFirst(parsedIp, containsIp)),
  ),
  declare(
    "containsCIDR",
    member("cidr_contains_cidr", [cidr, cidr], bool, containsCidr),
    member(
      "cidr_contains_cidr_string",
      [cidr, string],
      bool,
      parsedFirst(parsedCidr, containsCidr),
    ),
  ),
  declare("masked", member("cidr_masked", [cidr], cidr, masked)),
  declare(
    "prefixLength",
    member("cidr_prefix_length", [cidr], int, ({ range }: CidrValue) => BigInt(range.prefixLength)),
  ),
];
