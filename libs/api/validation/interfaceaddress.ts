/** Addresses of network interfaces; texts of apimachinery pkg/util/validation. */
import { invalid, type FieldError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import { ipText, parseIp } from "./addresses.ts";
import { cidrFamily } from "./names.ts";

/** `192.0.2.5/24`: a whole address and the length of its network, in canonical form. */
export function interfaceAddressField(path: string, text: string): FieldError[] {
  const [address = "", length = ""] = text.split("/");
  const ip = cidrFamily(text) === 0 ? undefined : parseIp(address);
  if (ip === undefined) {
    const detail =
      "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)";
    return [invalid(path, text, detail)];
  }
  const bits = Number(length);
  // Kubernetes takes an IPv4 address in IPv6 clothes for IPv4.
  const isMapped = ip.family === "IPv4" && bits > 32;
  const canonical = `${ipText(ip)}/${isMapped ? bits - 96 : bits}`;
  if (text === canonical) return [];
  return [invalid(path, text, `must be in canonical form (${goQuote(canonical)})`)];
}
