import { expect, test } from "vitest";
import type { ClusterRecord } from "../data.ts";
import { expectsStore } from "./lost.ts";

const own = { keepsStore: true, natsUrl: "nats://127.0.0.1:1", natsToken: "t" };
const users = { keepsStore: true, natsUrl: "nats://bus:4222", natsToken: undefined };
const address = { servers: "nats://127.0.0.1:2", token: "t", prefix: "kubus" };
const usersAddress = { ...address, servers: "nats://bus:4222", token: undefined };

test.each<[string, object | undefined, typeof address | typeof usersAddress, boolean]>([
  ["a new folder", undefined, address, false],
  ["own servers, on whatever port", own, address, true],
  ["a cluster that ran without a store", { ...own, keepsStore: false }, address, false],
  ["own servers after the user's", users, address, false],
  ["the user's servers", users, usersAddress, true],
  ["other servers of the user's", { ...users, natsUrl: "nats://other" }, usersAddress, false],
  ["the user's servers after own ones", own, usersAddress, false],
])("of %s: %#", (_, before, at, expected) => {
  expect(expectsStore(before as ClusterRecord | undefined, at)).toBe(expected);
});
