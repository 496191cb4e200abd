import { afterAll, beforeAll, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { configmaps } from "#libs/api/core/v1/configmaps.ts";
import { BusTimeoutError } from "#libs/bus/bus.ts";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { apiClient } from "./client.ts";

let nats: TestNatsServer;
let bus: NatsBus;

beforeAll(async () => {
  nats = await startNatsServer();
  bus = await connect({ servers: nats.url, prefix: "kubus", name: "test", world: realWorld });
});

afterAll(async () => {
  await bus.close();
  await nats.stop();
});

test("who waits for an API server that died hears that another one is there", async () => {
  const client = apiClient(bus, { user: "tester", manager: "tests" });
  // Takes the question and dies of it; the next one says that its door is open.
  const dying = bus.subscribe(bus.subjects.apiAll(), () => {
    dying.unsubscribe();
    bus.publish(bus.subjects.doorOpened(), new Uint8Array());
  });
  const asked = client.get(configmaps, { namespace: "default", name: "a" });
  await expect(asked).rejects.toBeInstanceOf(BusTimeoutError);
});
