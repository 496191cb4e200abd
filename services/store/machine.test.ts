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
  "claiming",
  "serving.subscribing",
  "serving.answering",
  "stopping",
  "refusing",
  "failing",
  "stopped",
] as const;
type State = (typeof states)[number];

const deposed: StoreEvent = { type: "Lost", loss: { type: "Deposed", message: "deposed" } };
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
  Listening: () => ({ type: "Listening" }),
  "Lost: deposed": () => deposed,
  "Lost: damaged": () => damaged,
  done: (state) => done(state, { revision: 7 }),
  claimed: (state) => done(state, { type: "claimed", epoch: 3 }),
  behind: (state) => done(state, { type: "behind" }),
  error: (state) => failed(state, refused),
  damage: (state) => failed(state, flipped),
  backoff: (state) => ({ type: `xstate.after.backoff.store.${state}` }),
  drained: (state) => ({ type: `xstate.after.drainMsMax.store.${state}` }),
};

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
    done: "claiming",
    claimed: "claiming",
    behind: "claiming",
    error: "waiting",
    damage: "refusing",
  },
  claiming: {
    Stop: "stopped",
    done: "replaying",
    claimed: "serving.subscribing",
    behind: "replaying",
    error: "waiting",
    damage: "refusing",
  },
  "serving.subscribing": {
    Stop: "stopping",
    Listening: "serving.answering",
    "Lost: deposed": "failing",
    "Lost: damaged": "refusing",
  },
  "serving.answering": {
    Stop: "stopping",
    "Lost: deposed": "failing",
    "Lost: damaged": "refusing",
  },
  stopping: {
    done: "stopped",
    claimed: "stopped",
    behind: "stopped",
    error: "stopped",
    damage: "stopped",
    drained: "stopped",
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

/** A machine whose effects end as the test says, in turn. */
function run(script: Record<"open" | "replay" | "claim", unknown[]>) {
  const clock = new SimulatedClock();
  const next = (name: keyof typeof script) => {
    const outcome = script[name].shift();
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  const losses: ((event: StoreEvent) => void)[] = [];
  const actors = {
    open: fromPromise(() => next("open") as Promise<void>),
    replay: fromPromise(() => next("replay") as Promise<Replayed>),
    claim: fromPromise(() => next("claim") as Promise<Claim>),
    serve: fromCallback<AnyEventObject, undefined, StoreEvent>(({ sendBack }) => {
      losses.push(sendBack);
      sendBack({ type: "Listening" });
    }),
    drain: fromPromise(() => Promise.resolve()),
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
  return { actor, clock, seen, until, losses, error: () => error };
}

test("reads on when another store wrote first", async () => {
  const replay = [{ revision: 4 }, { revision: 6 }];
  const claim = [{ type: "behind" }, { type: "claimed", epoch: 2 }];
  const { actor, seen, until } = run({ open: [undefined], replay, claim });
  await until("serving.answering");
  const serving = ["serving.subscribing", "serving.answering"];
  expect(seen).toEqual([
    "connecting",
    "replaying",
    "claiming",
    "replaying",
    "claiming",
    ...serving,
  ]);
  expect(actor.getSnapshot().context).toMatchObject({ revision: 6, epoch: 2, attempt: 0 });
  expect(actor.getSnapshot().hasTag("ready")).toBe(true);
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

test("a deposed leader fails, so that its supervisor starts it anew", async () => {
  const claim = [{ type: "claimed", epoch: 1 }];
  const { until, losses, error } = run({ open: [undefined], replay: [{ revision: 0 }], claim });
  await until("serving.answering");
  losses[0]?.(deposed);
  expect(error()).toMatchObject({ message: "deposed" });
});

test("damage ends in a state that says why, and not in a loop", async () => {
  const { actor, until } = run({ open: [undefined], replay: [flipped], claim: [] });
  await until("refusing");
  expect(actor.getSnapshot().context.problem).toBe("flipped");
  expect(actor.getSnapshot().hasTag("ready")).toBe(false);
  actor.send({ type: "Stop" });
  expect(actor.getSnapshot().status).toBe("done");
});
