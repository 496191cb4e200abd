/** Clients that do a bit of everything on a few keys, as fast as they are answered. */
import { realWorld } from "#libs/actor/world.ts";
import type { Call, Found, Outcome, Step, Verb } from "../history/operation.ts";
import { isCached, writesOf } from "../history/operation.ts";
import type { Random } from "../plan/random.ts";
import type { Door } from "./door.ts";
import type { Recorder } from "./recorder.ts";

export interface ClientOptions {
  readonly name: string;
  /** Not used before in this campaign, for values that tell their writer. */
  readonly mark: string;
  readonly door: Door;
  readonly recorder: Recorder;
  readonly random: Random;
  readonly keys: readonly string[];
  readonly signal: AbortSignal;
}

/** Milliseconds between two operations. */
const pauseMsMax = 4;
/** Milliseconds after an operation that was not answered. */
const silentPauseMs = 25;

type Kind =
  | "get"
  | "list"
  | "cached"
  | "create"
  | "swap"
  | "overwrite"
  | "delete"
  | "pair"
  | "guarded";

/** How often each kind comes, of a hundred. */
const kinds: readonly (readonly [Kind, number])[] = [
  ["get", 24],
  ["cached", 4],
  ["list", 4],
  ["create", 18],
  ["swap", 24],
  ["overwrite", 6],
  ["delete", 10],
  ["pair", 8],
  ["guarded", 4],
];
const weightOfAll = kinds.reduce((sum, [, weight]) => sum + weight, 0);

/** Works until the signal aborts; the operation under way is still taken down. */
export async function runClient(options: ClientOptions): Promise<void> {
  const { name, door, recorder, random, signal } = options;
  /** The revision that the client last saw of each key; absent: none. */
  const seen = new Map<string, number>();
  for (let turn = 0; !signal.aborted && !recorder.isFull; turn += 1) {
    const call = nextCall(options, seen, turn);
    const outcome = await recorder.ask(name, door, call);
    learn(seen, call, outcome);
    const isSilent = outcome.type === "unknown" || outcome.type === "nothing";
    await realWorld.sleep(isSilent ? silentPauseMs : random.between(0, pauseMsMax + 1));
  }
}

/** What the client does next: it depends on the seed and on what the client has seen. */
export function nextCall(
  {
    mark,
    door,
    random,
    keys,
  }: Pick<ClientOptions, "mark" | "random" | "keys"> & {
    readonly door: Pick<Door, "takesTransactions">;
  },
  seen: ReadonlyMap<string, number>,
  turn: number,
): Call {
  const kind = kindOf(random.between(0, weightOfAll));
  const key = random.pick(keys);
  const other = random.pick(keys.filter((each) => each !== key));
  const value = `${mark}.${turn}`;
  const at = seen.get(key) ?? 0;
  const step = (verb: Verb, expected: number, of = key, put = value): Step => {
    const isValued = verb === "create" || verb === "update";
    return { verb, key: of, value: isValued ? put : "", expected };
  };
  const put = (of: string, text: string) =>
    seen.has(of) ? step("update", seen.get(of) ?? 0, of, text) : step("create", 0, of, text);
  const commit = (...steps: Step[]): Call => ({ type: "commit", steps });
  const isOfBus = kind === "pair" || kind === "guarded" || kind === "cached";
  if (!door.takesTransactions && isOfBus) return { type: "get", key };
  switch (kind) {
    case "get":
      return { type: "get", key };
    case "list":
      return { type: "list" };
    case "cached":
      return turn % 2 === 0
        ? { type: "get", key, isCached: true }
        : { type: "list", isCached: true };
    case "create":
      return commit(step("create", 0));
    case "swap":
      return commit(put(key, value));
    case "overwrite":
      return commit(step("update", 0));
    case "delete":
      // Without a condition nobody could tell afterwards whose deletion it was.
      return at === 0 ? { type: "get", key } : commit(step("delete", at));
    case "pair":
      return commit(put(key, `${value}a`), put(other, `${value}b`));
    case "guarded":
      return commit(step("check", seen.get(other) ?? 0, other), put(key, value));
  }
}

function kindOf(drawn: number): Kind {
  let rest = drawn;
  for (const [kind, weight] of kinds) {
    if (rest < weight) return kind;
    rest -= weight;
  }
  return "get";
}

/** Takes note of where keys are now. */
function learn(seen: Map<string, number>, call: Call, outcome: Outcome): void {
  if (isCached(call)) return;
  const note = (key: string, found: Found | undefined) => {
    if (found) seen.set(key, found.revision);
    else seen.delete(key);
  };
  if (call.type === "get" && outcome.type === "got") note(call.key, outcome.found);
  if (outcome.type === "listed") {
    seen.clear();
    for (const found of outcome.found) note(found.key, found);
  }
  if (call.type !== "commit") return;
  if (outcome.type === "committed") {
    for (const { step, revision } of writesOf(call.steps, outcome.revision)) {
      if (step.verb === "delete") seen.delete(step.key);
      else seen.set(step.key, revision);
    }
  }
  if (outcome.type !== "refused") return;
  const key = call.steps[outcome.step]?.key ?? "";
  note(key, outcome.reason === "absent" ? undefined : outcome.current);
}
