import { expect, test } from "vitest";
import type { StateResponse } from "#proto/gen/kubus/actor/v1.ts";
import { storeHealth, storesOf, storesText } from "./stores.ts";

const answer = (component: string, instance: string, state: string, error = ""): StateResponse => ({
  component,
  instance,
  pid: 1,
  actors: [{ actor: "", machine: component, state, restarts: 0, since: 0, error }],
});

test.each<[[string, string?][], string, RegExp]>([
  [[], "", /^no store answers$/],
  [[["leading.answering"]], "0 leading", /^ok$/],
  [
    [["following.standingBy"], ["leading.answering", "an old end"]],
    "0 following, 1 leading",
    /^ok$/,
  ],
  [[["leading.stalled"], ["following.standingBy"]], "0 stalled, 1 following", /^stalled: writes/],
  [[["refusing", "message 5"]], "0 refusing", /^refusing to serve: message 5$/],
  [[["replaying"]], "0 starting", /^starting$/],
  [[["restarting", "no NATS"]], "0 starting", /^starting; before: no NATS$/],
])("stores %j", (states, text, health) => {
  const answers = states.map(([state, error], index) =>
    answer("store", String(index), state, error),
  );
  const stores = storesOf([answer("apiserver", "0", "serving"), ...answers]);
  expect(storesText(stores)).toBe(text);
  expect(storeHealth(stores)).toMatch(health);
});
