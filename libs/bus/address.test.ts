import { expect, test } from "vitest";
import { type BusAddresses, parseAddresses } from "./address.ts";

test.each<[string, BusAddresses]>([
  ["nats://127.0.0.1:4222", { servers: ["nats://127.0.0.1:4222"] }],
  ["localhost:4222", { servers: ["nats://localhost:4222"] }],
  ["a, tls://b:4223", { servers: ["nats://a", "tls://b:4223"] }],
  ["nats://t%40ken@a", { servers: ["nats://a"], token: "t@ken" }],
  ["nats://ann:s%3Acret@a,b", { servers: ["nats://a", "nats://b"], user: "ann", pass: "s:cret" }],
  ["nats://[::1]:4222", { servers: ["nats://[::1]:4222"] }],
])("%s", (text, expected) => {
  expect(parseAddresses(text)).toEqual(expected);
});

test("what is no address is refused", () => {
  expect(() => parseAddresses("nats://a:b:c")).toThrow(TypeError);
});
