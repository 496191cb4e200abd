import { afterAll, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { connect, type NatsBus } from "./connect.ts";

let server: TestNatsServer;
let bus: NatsBus;

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connect({ servers: server.url, prefix: "kubus", name: "test", world: realWorld });
});

afterAll(async () => {
  await bus.close();
  await server.stop();
});

test("a message that a handler cannot take leaves the connection to the others", async () => {
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  const failing = bus.subscribe("garbage", () => {
    throw new RangeError("wrong wire type");
  });
  const answering = bus.subscribe("echo", ({ data, respond }) => respond(data));
  bus.publish("garbage", Buffer.from("?"));
  expect((await warned).message).toBe(
    "garbage: a message could not be handled: wrong wire type",
  );
  const answer = await bus.request("echo", Buffer.from("still here"), { timeoutMs: 2_000 });
  expect(Buffer.from(answer).toString()).toBe("still here");
  failing.unsubscribe();
  answering.unsubscribe();
});
