import { describe, expect, it } from "vitest";
import {
  ipText,
  ipWarnings,
  parseIp,
  parseRange,
  rangeOf,
  rangeContains,
  rangeSize,
  validateNonSpecialIp,
} from "./addresses.ts";

const canonical = (text: string) => {
  const ip = parseIp(text);
  return ip && ipText(ip);
};

describe("parseIp", () => {
  it.each([
    ["10.0.0.255", "10.0.0.255"],
    ["010.1.2.3", "10.1.2.3"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:DB8::0", "2001:db8::"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s is %s", (text, shown) => {
    expect(canonical(text)).toBe(shown);
  });

  it.each(["", "bad", "1.2.3", "1.2.3.256", "fe80::1%eth0", "1.2.3.4/8"])("%j is none", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe("ranges", () => {
  it("begins at the network's address", () => {
    const range = rangeOf("10.96.7.7/16");
    expect(rangeSize(range)).toBe(65_536n);
    const contains = (text: string) => {
      const ip = parseIp(text);
      return ip && rangeContains(range, ip);
    };
    expect(["10.96.0.0", "10.96.255.255"].map(contains)).toEqual([true, true]);
    expect(["10.95.255.255", "10.97.0.0", "::10.96.0.1"].map(contains)).not.toContain(true);
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/8/8", "x/8", "::/129"])("%s is none", (text) => {
    expect(parseRange(text)).toBeUndefined();
    expect(() => rangeOf(text)).toThrow(RangeError);
  });
});

describe("validateNonSpecialIp", () => {
  it.each([
    ["10.0.0.1", []],
    ["0.0.0.0", ["may not be unspecified (0.0.0.0)"]],
    ["127.3.2.1", ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]],
    ["::1", ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]],
    ["fe80::1", ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]],
    ["224.0.0.9", ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"]],
    ["nothing", ["must be a valid IP address"]],
  ])("%s", (ip, details) => {
    expect(validateNonSpecialIp("ip", ip).map(({ detail }) => detail)).toEqual(details);
  });
});

describe("ipWarnings", () => {
  it("is silent about canonical addresses", () => {
    expect([...ipWarnings("ip", "10.0.0.1"), ...ipWarnings("ip", "2001:db8::1")]).toEqual([]);
  });

  it("names the better form", () => {
    expect(ipWarnings("ip", "010.0.0.1")).toEqual([
      'ip: non-standard IP address "010.0.0.1" will be considered invalid ' +
        'in a future Kubernetes release: use "10.0.0.1"',
    ]);
    expect(ipWarnings("ip", "2001:DB8::0")).toEqual([
      'ip: IPv6 address "2001:DB8::0" should be in RFC 5952 canonical format ("2001:db8::")',
    ]);
  });
});
