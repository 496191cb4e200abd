import pino from "pino";
import { expect, it } from "vitest";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { Subjects } from "#libs/bus/subjects.ts";
import type { LogPosition } from "./position.ts";
import { Witness } from "./witness.ts";

it("that is stopped while it writes looks at the log no more", async () => {
  let isOpen = true;
  let looks = 0;
  const position = () => {
    if (!isOpen) return undefined;
    looks += 1;
    return { sequence: looks, crc: 1, nextRevision: 2 } as LogPosition;
  };
  const answers: (() => void)[] = [];
  const bus = {
    subjects: new Subjects("kubus"),
    request: () => new Promise((resolve) => answers.push(() => resolve(Buffer.from("{}")))),
  } as unknown as Bus;
  const timers: (() => void)[] = [];
  const world = {
    now: () => 0,
    after: (_milliseconds: number, callback: () => void) => {
      timers.push(callback);
      return () => undefined;
    },
  } as unknown as World;
  const witness = new Witness(bus, world, pino({ level: "silent" }), position);

  witness.note();
  timers.shift()?.();
  witness.stop();
  isOpen = false;
  answers.shift()?.();
  await new Promise(setImmediate);
  expect(looks).toBe(1);

  // An acknowledgement that comes late finds the log closed, and writes nothing.
  witness.note();
  timers.shift()?.();
  await new Promise(setImmediate);
  expect([looks, answers.length]).toEqual([1, 0]);
});
