/** Supervision on a real bus: lives, crashes, pauses and what is told of them. */
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMachine } from "xstate";
import { connect, type NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { Component } from "./component.ts";
import { stateRequest, stateResponse } from "./control.ts";
import { supervise } from "./supervise.ts";
import { realWorld } from "./world.ts";

let server: TestNatsServer;
let bus: NatsBus;

beforeAll(async () => {
  server = await startNatsServer();
  bus = await connect({ servers: server.url, prefix: "t", name: "test", world: realWorld });
});

afterAll(async () => {
  await bus?.close();
  await server?.stop();
});

const machine = createMachine({
  id: "echo",
  initial: "serving",
  on: { Stop: ".stopped" },
  states: {
    serving: { tags: "ready", on: { Fail: "failing" } },
    failing: {
      entry: () => {
        throw new Error("broken invariant");
      },
    },
    stopped: { type: "final" },
  },
});

/** Counts its lives and echoes what it hears. */
function echo(name: string) {
  const lives: string[] = [];
  const component: Component<{ readonly subject: string }> = {
    name,
    assemble(host, { subject }) {
      lives.push("begun");
      host.onEnd(() => void lives.push("ended"));
      host.bus.subscribe(subject, (message) => message.respond(message.data));
      return { machine, input: undefined };
    },
  };
  const supervised = supervise(
    component,
    { subject: `echo.${name}` },
    {
      bus,
      world: realWorld,
      log: pino({ level: "silent" }),
      instance: "0",
    },
  );
  return { lives, supervised };
}

const ask = (subject: string, text: string) =>
  bus.request(subject, new TextEncoder().encode(text), { timeoutMs: 2_000 });
const control = async (name: string, text: string) =>
  JSON.parse(Buffer.from(await ask(bus.subjects.actor(name, "0", "control"), text)).toString());

async function states(name: string) {
  const question = stateRequest.encode({ actorPrefix: "" });
  return stateResponse.decode(await bus.request(bus.subjects.actor(name, "0", "state"), question));
}

/** Asks until the echo answers again: a restart takes a moment. */
async function answers(name: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ask(`echo.${name}`, "x").catch(() => undefined);
    if (answer) return;
    await realWorld.sleep(20);
  }
  throw new Error(`${name} did not come back`);
}

describe("a supervised component", () => {
  test("serves, is listed, and ends in order", async () => {
    const { lives, supervised } = echo("plain");
    await supervised.ready;
    expect(Buffer.from(await ask("echo.plain", "hello")).toString()).toBe("hello");
    expect(await states("plain")).toMatchObject({
      component: "plain",
      instance: "0",
      actors: [{ actor: "", machine: "echo", state: "serving", restarts: 0 }],
    });
    await supervised.stop();
    expect(lives).toEqual(["begun", "ended"]);
    await expect(ask("echo.plain", "x")).rejects.toThrow("nobody answers");
  });

  test("comes back after a crash, without what it held", async () => {
    const { lives, supervised } = echo("crashing");
    await supervised.ready;
    expect(await control("crashing", '{"crash":{}}')).toEqual({ accepted: true, message: "" });
    await answers("crashing");
    expect(lives).toEqual(["begun", "ended", "begun"]);
    const { actors } = await states("crashing");
    expect(actors[0]).toMatchObject({ restarts: 1, error: "actor (root) was crashed on request" });
    await supervised.stop();
  });

  test("is told apart from one that is stopped on request", async () => {
    const { supervised } = echo("stopped");
    await supervised.ready;
    await control("stopped", '{"stop":{}}');
    expect((await states("stopped")).actors).toMatchObject([{ state: "stopped" }]);
    await control("stopped", '{"resume":{}}');
    await answers("stopped");
    await supervised.stop();
  });

  test("keeps what comes while it is paused", async () => {
    const { supervised } = echo("paused");
    await supervised.ready;
    await control("paused", '{"pause":{}}');
    const late = ask("echo.paused", "late");
    expect((await states("paused")).actors).toMatchObject([{ state: "serving" }]);
    await control("paused", '{"resume":{}}');
    expect(Buffer.from(await late).toString()).toBe("late");
    await supervised.stop();
  });

  test("refuses what it does not understand", async () => {
    const { supervised } = echo("strict");
    await supervised.ready;
    expect(await control("strict", "{}")).toMatchObject({ accepted: false });
    const answer = await control("strict", '{"crash":{"actor":"pod/none"}}');
    expect(answer).toEqual({ accepted: false, message: "no actor pod/none here now" });
    await supervised.stop();
  });

  test("tells its transitions to whoever listens", async () => {
    const heard: Uint8Array[] = [];
    const subject = bus.subjects.actor("talking", "0", "transition");
    const subscription = bus.subscribe(subject, ({ data }) => void heard.push(data));
    const { supervised } = echo("talking");
    await supervised.ready;
    await bus.flush();
    await states("talking");
    expect(heard.length).toBeGreaterThan(0);
    subscription.unsubscribe();
    await supervised.stop();
  });
});
