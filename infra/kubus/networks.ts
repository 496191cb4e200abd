/** Addresses of a cluster's services and pods: pure. */
import { UsageError } from "./usage.ts";

/** A network of its own for the pods of every node: 10.244.0.0/24, 10.244.1.0/24, … */
export const podCidrOf = (index: number): string =>
  `10.${244 + Math.floor(index / 256)}.${index % 256}.0/24`;

const loopbackSecond = { first: 97, count: 127 };

/**
 * Service network of a cluster: a part of 127.0.0.0/8, so that cluster IPs are reachable on this
 * machine without root, and another one for every folder, so that clusters do not get in each
 * other's way.
 */
export function serviceCidrOf(data: string, isUsual: boolean): string {
  if (isUsual) return "127.96.0.0/16";
  let hash = 0;
  for (const char of data) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return `127.${loopbackSecond.first + (hash % loopbackSecond.count)}.0.0/16`;
}

/** First address of an IPv4 network: what the `kubernetes` service gets. */
export function firstServiceIp(cidr: string): string {
  const [address = ""] = cidr.split("/");
  const bytes = address.split(".").map(Number);
  const valid = bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255);
  if (!valid) throw new UsageError(`--service-cidr ${cidr}: expected an IPv4 network`);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [a, b, c, d + 1].join(".");
}
