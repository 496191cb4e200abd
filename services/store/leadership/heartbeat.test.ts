import { expect, test } from "vitest";
import type { World } from "#libs/actor/world.ts";
import type { Bus, BusMessage } from "#libs/bus/bus.ts";
import { Subjects } from "#libs/bus/subjects.ts";
import { leaderAnnounced } from "../wire.ts";
import { Heartbeat } from "./heartbeat.ts";
import { leadershipTimes as times } from "./times.ts";

/** A leader of epoch 3 that hears what is published, unless it is deaf. */
function rig() {
  const clock = { nowMs: 0, appendMs: 0, isDeaf: false };
  let tick: () => void = () => undefined;
  let hear: (message: BusMessage) => void = () => undefined;
  const beats: { epoch: number; able: boolean; logSequence: number }[] = [];
  const events: string[] = [];
  const bus = {
    subjects: new Subjects("kubus"),
    publish(_: string, data: Uint8Array) {
      beats.push(leaderAnnounced.decode(data));
      if (!clock.isDeaf) hear({ data } as BusMessage);
    },
    subscribe(_: string, handler: typeof hear) {
      hear = handler;
      return { unsubscribe: () => events.push("unsubscribed") };
    },
  } as unknown as Bus;
  const world = {
    monotonic: () => clock.nowMs,
    every(_: number, callback: () => void) {
      tick = callback;
      return () => (tick = () => undefined);
    },
  } as unknown as World;
  const heartbeat = new Heartbeat({
    bus,
    world,
    times,
    epoch: 3,
    leader: "0/aaaa",
    logSequence: () => 17,
    appendMs: () => clock.appendMs,
    onDeposed: (leader) => events.push(`deposed by ${leader}`),
    onStalled: () => events.push("stalled"),
    onRecovered: () => events.push("recovered"),
  });
  const pass = (milliseconds: number) => {
    clock.nowMs += milliseconds;
    tick();
    return beats.at(-1)?.able;
  };
  const say = (epoch: number, leader: string) => {
    const beat = { epoch, leader, logSequence: 0, able: true };
    hear({ data: leaderAnnounced.encode(beat) } as BusMessage);
  };
  return { heartbeat, clock, beats, events, pass, say };
}

test("tells how far the log is", () => {
  const { pass, beats } = rig();
  expect(pass(250)).toBe(true);
  expect(beats).toMatchObject([{ epoch: 3, leader: "0/aaaa", logSequence: 17 }]);
});

test("is not able when it does not hear itself, until it does", () => {
  const { clock, pass } = rig();
  clock.isDeaf = true;
  expect([pass(250), pass(249), pass(1)]).toEqual([true, true, false]);
  clock.isDeaf = false;
  expect([pass(250), pass(250)]).toEqual([false, true]);
});

test("is not able when its log is silent for longer than an election takes", () => {
  const { clock, pass } = rig();
  clock.appendMs = times.unableMs - 1;
  expect(pass(1)).toBe(true);
  clock.appendMs = times.unableMs;
  expect(pass(1)).toBe(false);
});

test("raises an alarm once, and takes it back", () => {
  const { clock, pass, events } = rig();
  for (const appendMs of [times.stallMs, times.stallMs + 1, 5_000, 0, 10]) {
    clock.appendMs = appendMs;
    pass(250);
  }
  expect(events).toEqual(["stalled", "recovered"]);
});

test("hears of a higher epoch only", () => {
  const { say, events, heartbeat } = rig();
  say(2, "1/bbbb");
  say(3, "1/bbbb");
  say(4, "1/cccc");
  heartbeat.stop();
  expect(events).toEqual(["deposed by 1/cccc", "unsubscribed"]);
});
