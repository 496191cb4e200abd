import pino from "pino";
import { describe, expect, it } from "vitest";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { Subjects } from "#libs/bus/subjects.ts";
import { logHead } from "../wire.ts";
import type { LogPosition } from "./position.ts";
import type { AppendOutcome, DurableStream } from "./stream.ts";
import { Witness } from "./witness.ts";

const settled = () => new Promise(setImmediate);

/** A stream that keeps the newest word, as several stores see it. */
function sharedHeads() {
  const kept: { last: number; payload?: Uint8Array } = { last: 0 };
  const heads = {
    range: () => Promise.resolve({ first: 0, last: kept.last, messages: 0, bytes: 0 }),
    lastOn: () => Promise.resolve(kept.payload && { sequence: kept.last, payload: kept.payload }),
    append(_: string, payload: Uint8Array, lastSequence: number): Promise<AppendOutcome> {
      if (lastSequence !== kept.last) return Promise.resolve({ type: "Fenced", message: "other" });
      kept.last += 1;
      kept.payload = payload;
      return Promise.resolve({ type: "Appended", sequence: kept.last });
    },
  } as unknown as DurableStream;
  const said = () => kept.payload && logHead.decode(kept.payload).logSequence;
  return { heads, said };
}

function witnessOn(heads: DurableStream, position: () => LogPosition | undefined) {
  const timers: (() => void)[] = [];
  const world = {
    now: () => 0,
    after: (_milliseconds: number, callback: () => void) => {
      timers.push(callback);
      return () => undefined;
    },
  } as unknown as World;
  const bus = { subjects: new Subjects("kubus") } as Bus;
  const log = pino({ level: "silent" });
  return { witness: new Witness({ heads, bus, world, log, position }), timers };
}

const at = (sequence: number) => ({ sequence, crc: 1, nextRevision: 2, epoch: 1 });

describe("several writers", () => {
  it("who knows more has the last word", async () => {
    const { heads, said } = sharedHeads();
    let old = 5;
    const { witness: deposed } = witnessOn(heads, () => at(old));
    const { witness: leader } = witnessOn(heads, () => at(9));
    await deposed.write();
    expect(said()).toBe(5);
    await leader.write();
    expect(said()).toBe(9);
    old = 7;
    await deposed.write();
    expect(said()).toBe(9);
  });

  it("who knows more is not kept from saying it", async () => {
    const { heads, said } = sharedHeads();
    let known = 1;
    const { witness } = witnessOn(heads, () => at(known));
    await witness.write();
    await witnessOn(heads, () => at(2)).witness.write();
    known = 3;
    await witness.write();
    expect(said()).toBe(3);
  });
});

it("that is stopped while it writes looks at the log no more", async () => {
  let isOpen = true;
  let looks = 0;
  const position = () => {
    if (!isOpen) return undefined;
    looks += 1;
    return at(looks);
  };
  const { witness, timers } = witnessOn(sharedHeads().heads, position);
  witness.note();
  timers.shift()?.();
  witness.stop();
  isOpen = false;
  await settled();
  expect(looks).toBe(1);

  // An acknowledgement that comes late finds the log closed, and writes nothing.
  witness.note();
  timers.shift()?.();
  await settled();
  expect(looks).toBe(1);
});
