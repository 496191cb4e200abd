import { describe, expect, test } from "vitest";
import {
  type AnyEventObject,
  SimulatedClock,
  createActor,
  fromCallback,
  fromPromise,
  transition,
} from "xstate";
import { stateText } from "#libs/actor/actors.ts";
import { DamagedError } from "./log/damage.ts";
import { type Claim, type Replayed, type StoreEvent, storeMachine } from "./machine.ts";

const states = [
  "connecting",
  "waiting",
  "replaying",
  "following.seeking",
  "following.standingBy",
  "claiming",
  "leading.subscribing",
  "leading.answering",
  "leading.stalled",
  "leading.resigning",
  "refusing",
  "failing",
  "stopped",
] as const;
type State = (typeof states)[number];

const deposed: StoreEvent = { type: "Lost", loss: { type: "Deposed", message: "deposed" } };
const broken: StoreEvent = { type: "Lost", loss: { type: "Broken", message: "broken" } };
const damaged: StoreEvent = { type: "Lost", loss: { type: "Damaged", message: "damaged" } };

const done = (state: State, output?: Replayed | Claim): AnyEventObject => ({
  type: `xstate.done.actor.0.store.${state}`,
  output,
});
const failed = (state: State, error: Error): AnyEventObject => ({
  type: `xstate.error.actor.0.store.${state}`,
  error,
});
const refused = new Error("refused");
const flipped = new DamagedError("flipped");

const events: Record<string, (state: State) => AnyEventObject> = {
  Stop: () => ({ type: "Stop" }),
  Led: () => ({ type: "Led" }),
  ClaimDue: () => ({ type: "ClaimDue" }),
  Outrun: () => ({ type: "Outrun" }),
  Listening: () => ({ type: "Listening" }),
  Stalled: () => ({ type: "Stalled" }),
  Recovered: () => ({ type: "Recovered" }),
  "Lost: deposed": () => deposed,
  "Lost: broken": () => broken,
  "Lost: damaged": () => damaged,
  done: (state) => done(state, { revision: 7 }),
  claimed: (state) => done(state, { type: "claimed", epoch: 3 }),
  behind: (state) => done(state, { type: "behind" }),
  error: (state) => failed(state, refused),
  damage: (state) => failed(state, flipped),
  backoff: (state) => ({ type: `xstate.after.backoff.store.${state}` }),
  resigned: (state) => ({ type: `xstate.after.resignMsMax.store.${state}` }),
};

const whileFollowing = {
  Stop: "stopped",
  ClaimDue: "claiming",
  Outrun: "replaying",
  "Lost: deposed": "following.seeking",
  "Lost: broken": "failing",
  "Lost: damaged": "refusing",
} as const;
const whileLeading = {
  Stop: "leading.resigning",
  "Lost: deposed": "following.seeking",
  "Lost: broken": "failing",
  "Lost: damaged": "refusing",
} as const;

/** Where each event leads; what is not listed is ignored. */
const table: Record<State, Partial<Record<keyof typeof events, State>>> = {
  connecting: {
    Stop: "stopped",
    done: "replaying",
    claimed: "replaying",
    behind: "replaying",
    error: "waiting",
    damage: "refusing",
  },
  waiting: { Stop: "stopped", backoff: "connecting" },
  replaying: {
    Stop: "stopped",
    done: "following.seeking",
    claimed: "following.seeking",
    behind: "following.seeking",
    error: "waiting",
    damage: "refusing",
  },
  "following.seeking": { ...whileFollowing, Led: "following.standingBy" },
  "following.standingBy": whileFollowing,
  claiming: {
    Stop: "stopped",
    done: "following.seeking",
    claimed: "leading.subscribing",
    behind: "following.seeking",
    error: "waiting",
    damage: "refusing",
  },
  "leading.subscribing": {
    ...whileLeading,
    Listening: "leading.answering",
    Stalled: "leading.stalled",
  },
  "leading.answering": { ...whileLeading, Stalled: "leading.stalled" },
  "leading.stalled": { ...whileLeading, Recovered: "leading.answering" },
  "leading.resigning": {
    "Lost: deposed": "stopped",
    "Lost: broken": "stopped",
    "Lost: damaged": "stopped",
    done: "stopped",
    claimed: "stopped",
    behind: "stopped",
    error: "stopped",
    damage: "stopped",
    resigned: "stopped",
  },
  refusing: { Stop: "stopped" },
  failing: {},
  stopped: {},
};

const context = { attempt: 0, revision: 0, epoch: 0, problem: "" };

describe.each(states)("%s", (state) => {
  test.each(Object.keys(events))("on %s", (name) => {
    const [top = "", inner] = state.split(".");
    const value = inner === undefined ? top : { [top]: inner };
    const snapshot = storeMachine.resolveState({ value: value as "connecting", context });
    const event = events[name]?.(state) as StoreEvent;
    const isHandled = table[state][name] !== undefined;
    if (!isHandled && event.type.startsWith("xstate.error")) return;
    const [next] = transition(storeMachine, snapshot, event);
    expect(stateText(next.value)).toBe(table[state][name] ?? state);
  });
});

type Emit = (event: StoreEvent) => void;

/** A machine whose effects end as the test says, in turn. */
function run(script: Record<"open" | "replay" | "claim", unknown[]>) {
  const clock = new SimulatedClock();
  const next = (name: keyof typeof script) => {
    const outcome = script[name].shift();
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  const emits: { follow: Emit; lead: Emit } = { follow: () => undefined, lead: () => undefined };
  const asking = (name: keyof typeof emits) =>
    fromCallback<AnyEventObject, undefined, StoreEvent>(({ sendBack }) => {
      emits[name] = sendBack;
    });
  const actors = {
    open: fromPromise(() => next("open") as Promise<void>),
    replay: fromPromise(() => next("replay") as Promise<Replayed>),
    claim: fromPromise(() => next("claim") as Promise<Claim>),
    follow: asking("follow"),
    lead: asking("lead"),
    resign: fromPromise(() => Promise.resolve()),
  };
  const seen: string[] = [];
  const actor = createActor(storeMachine.provide({ actors }), { clock });
  let error: unknown;
  actor.subscribe({
    next: ({ value }) => {
      if (seen.at(-1) !== stateText(value)) seen.push(stateText(value));
    },
    error: (failure) => (error = failure),
  });
  actor.start();
  const until = async (state: State) => {
    for (let turn = 0; turn < 100 && seen.at(-1) !== state; turn += 1) await Promise.resolve();
    expect(seen.at(-1)).toBe(state);
  };
  return { actor, clock, seen, until, emits, error: () => error };
}

const claimed: Claim = { type: "claimed", epoch: 1 };

/** A run that has got so far that it leads. */
async function led(script: { readonly claim?: unknown[] } = {}) {
  const claim = script.claim ?? [claimed];
  const running = run({ open: [undefined], replay: [{ revision: 4 }], claim });
  await running.until("following.seeking");
  running.emits.follow({ type: "ClaimDue" });
  await running.until("leading.subscribing");
  running.emits.lead({ type: "Listening" });
  return running;
}

test("stands by while another leads, and takes over", async () => {
  const claim = [{ type: "behind" }, { type: "claimed", epoch: 2 }];
  const { actor, seen, until, emits } = run({
    open: [undefined],
    replay: [{ revision: 4 }],
    claim,
  });
  await until("following.seeking");
  expect(actor.getSnapshot().hasTag("ready")).toBe(false);
  emits.follow({ type: "Led" });
  expect([actor.getSnapshot().hasTag("ready"), actor.getSnapshot().hasTag("standby")]).toEqual([
    true,
    true,
  ]);
  emits.follow({ type: "ClaimDue" });
  await until("following.seeking");
  emits.follow({ type: "ClaimDue" });
  await until("leading.subscribing");
  expect(actor.getSnapshot().hasTag("ready")).toBe(false);
  emits.lead({ type: "Listening" });
  expect(seen).toEqual([
    "connecting",
    "replaying",
    "following.seeking",
    "following.standingBy",
    "claiming",
    "following.seeking",
    "claiming",
    "leading.subscribing",
    "leading.answering",
  ]);
  expect(actor.getSnapshot().context).toMatchObject({ revision: 4, epoch: 2, attempt: 0 });
  expect([actor.getSnapshot().hasTag("ready"), actor.getSnapshot().hasTag("standby")]).toEqual([
    true,
    false,
  ]);
});

test("waits longer each time while NATS is out of reach", async () => {
  const open = Array.from({ length: 9 }, () => refused);
  const { clock, until, actor } = run({ open, replay: [], claim: [] });
  for (const wait of [200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
    await until("waiting");
    clock.increment(wait - 1);
    expect(actor.getSnapshot().value).toBe("waiting");
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe("connecting");
    await until("connecting");
  }
});

test("waits longer each time too while the log cannot be claimed", async () => {
  const some = <T>(value: T) => Array.from({ length: 4 }, () => value);
  const script = { open: some(undefined), replay: some({ revision: 0 }), claim: some(refused) };
  const { clock, until, emits } = run(script);
  for (const wait of [200, 400, 800]) {
    await until("following.seeking");
    emits.follow({ type: "ClaimDue" });
    await until("waiting");
    clock.increment(wait - 1);
    await until("waiting");
    clock.increment(1);
  }
  await until("following.seeking");
});

test("a deposed leader follows", async () => {
  const { until, emits, error } = await led();
  await until("leading.answering");
  emits.lead(deposed);
  await until("following.seeking");
  expect(error()).toBeUndefined();
});

test("a leader whose memory is broken fails, so that its supervisor starts it anew", async () => {
  const { until, emits, error } = await led();
  await until("leading.answering");
  emits.lead(broken);
  expect(error()).toMatchObject({ message: "broken" });
});

test("a leader whose log does not answer is not ready until it does", async () => {
  const { actor, until, emits } = await led();
  await until("leading.answering");
  emits.lead({ type: "Stalled" });
  expect(actor.getSnapshot().hasTag("ready")).toBe(false);
  emits.lead({ type: "Recovered" });
  expect(actor.getSnapshot().hasTag("ready")).toBe(true);
});

test("damage ends in a state that says why, and not in a loop", async () => {
  const { actor, until } = run({ open: [undefined], replay: [flipped], claim: [] });
  await until("refusing");
  expect(actor.getSnapshot().context.problem).toBe("flipped");
  expect(actor.getSnapshot().hasTag("ready")).toBe(false);
  actor.send({ type: "Stop" });
  expect(actor.getSnapshot().status).toBe("done");
});
