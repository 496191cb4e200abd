import { describe, expect, it } from "vitest";
import { affinityClientsMax, Balancer } from "./balancer.ts";
import type { Pool } from "./rules.ts";

const endpoints = ["a", "b", "c"].map((address) => ({ address, port: 1 }));
const pool = (changes: Partial<Pool> = {}): Pool => ({
  id: "shop/cart:http",
  endpoints,
  affinitySeconds: undefined,
  ...changes,
});
const none: ReadonlySet<string> = new Set();
const choices = (balancer: Balancer, clients: string[], now = 0) =>
  clients.map((client) => balancer.choose(client, now, none)?.address).join("");

describe("Balancer", () => {
  it("takes turns", () => {
    expect(choices(new Balancer(pool()), ["x", "x", "x", "x"])).toBe("abca");
  });

  it("passes over endpoints that were tried, and gives up when all were", () => {
    const balancer = new Balancer(pool());
    expect(balancer.choose("x", 0, new Set(["a:1", "b:1"]))?.address).toBe("c");
    expect(balancer.choose("x", 0, new Set(["a:1", "b:1", "c:1"]))).toBeUndefined();
  });

  it("keeps a client with its endpoint until it was away too long", () => {
    const balancer = new Balancer(pool({ affinitySeconds: 10 }));
    expect(choices(balancer, ["x", "y", "x", "y"], 0)).toBe("abab");
    // Each visit begins the time anew.
    expect(choices(balancer, ["x"], 9_999)).toBe("a");
    expect(choices(balancer, ["x"], 19_998)).toBe("a");
    expect(choices(balancer, ["x"], 29_998)).toBe("c");
  });

  it("gives a client whose endpoint left or failed another one, and keeps it there", () => {
    const balancer = new Balancer(pool({ affinitySeconds: 10 }));
    expect(choices(balancer, ["x"])).toBe("a");
    balancer.update(pool({ affinitySeconds: 10, endpoints: endpoints.slice(1) }));
    const [second] = choices(balancer, ["x"]);
    expect(choices(balancer, ["x"])).toBe(second);
    expect(balancer.choose("x", 0, new Set([`${second}:1`]))?.address).not.toBe(second);
  });

  it("forgets affinity when the service has none any more", () => {
    const balancer = new Balancer(pool({ affinitySeconds: 10 }));
    choices(balancer, ["x"]);
    balancer.update(pool());
    balancer.update(pool({ affinitySeconds: 10 }));
    expect(choices(balancer, ["x"])).toBe("b");
  });

  it("remembers a bounded number of clients", () => {
    const balancer = new Balancer(pool({ affinitySeconds: 10 }));
    choices(balancer, ["first"]);
    for (let index = 0; index < affinityClientsMax; index++) balancer.choose(`${index}`, 0, none);
    // "first" had "a"; its turn now is another's.
    expect(choices(balancer, ["first"])).not.toBe("a");
  });

  it("chooses nothing from nothing", () => {
    expect(new Balancer(pool({ endpoints: [] })).choose("x", 0, none)).toBeUndefined();
  });
});
