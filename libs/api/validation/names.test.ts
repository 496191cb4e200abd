import { expect, test } from "vitest";
import {
  cidrFamily,
  envNameErrors,
  httpHeaderNameErrors,
  idErrors,
  ipErrors,
  ipFamily,
  percentErrors,
  portNameErrors,
  portNumberErrors,
  searchDomainErrors,
} from "./names.ts";

test.each([
  ["10.0.0.1", 4],
  ["010.0.0.1", 4],
  ["2001:db8::1", 6],
  ["::ffff:1.2.3.4", 4],
  ["fe80::1%eth0", 0],
  ["1.2.3", 0],
  ["256.1.1.1", 0],
  ["", 0],
  ["name", 0],
] as const)("%s is of family %i", (address, family) => {
  expect(ipFamily(address)).toBe(family);
  expect(ipErrors(address)).toHaveLength(family === 0 ? 1 : 0);
});

test.each([
  ["10.0.0.0/8", 4],
  ["10.0.0.0/33", 0],
  ["2001:db8::/64", 6],
  ["2001:db8::/129", 0],
  ["10.0.0.0", 0],
  ["10.0.0.0/8/8", 0],
  ["10.0.0.0/-1", 0],
] as const)("block %s is of family %i", (block, family) => {
  expect(cidrFamily(block)).toBe(family);
});

test.each([
  [portNameErrors, "http", 0],
  [portNameErrors, "80", 1],
  [portNameErrors, "a--b", 1],
  [portNameErrors, "-a", 1],
  [portNameErrors, "a".repeat(16), 1],
  [portNameErrors, "", 2],
  [envNameErrors, "A b", 0],
  [envNameErrors, "a=b", 1],
  [envNameErrors, "ä", 1],
  [envNameErrors, "", 1],
  [httpHeaderNameErrors, "X-A", 0],
  [httpHeaderNameErrors, "X A", 1],
  [percentErrors, "25%", 0],
  [percentErrors, "-5%", 1],
  [percentErrors, "25", 1],
  [searchDomainErrors, "_tcp.a.b", 0],
  [searchDomainErrors, "A", 1],
] as const)("%o finds in %j as many things wrong: %i", (check, text, count) => {
  expect(check(text)).toHaveLength(count);
});

test.each([
  [portNumberErrors, 0, 1],
  [portNumberErrors, 1, 0],
  [portNumberErrors, 65_535, 0],
  [portNumberErrors, 65_536, 1],
  [idErrors, 0, 0],
  [idErrors, -1, 1],
  [idErrors, 2_147_483_648, 1],
] as const)("%o finds in %i as many things wrong: %i", (check, number, count) => {
  expect(check(number)).toHaveLength(count);
});
