/** What was acknowledged is in the log as it was told; the log contradicts itself nowhere. */
import type { EventType, Logged } from "../history/observation.ts";
import { type Operation, type Verb, writesOf } from "../history/operation.ts";
import { absentKey, type KeyState } from "./keymodel.ts";
import { type Violation, violation } from "./violation.ts";

const toldMax = 5;

export function checkDurable(
  operations: readonly Operation[],
  logged: readonly Logged[],
  initial: ReadonlyMap<string, KeyState>,
): Violation[] {
  return [...checkAcknowledged(operations, logged), ...checkLog(logged, initial)];
}

function checkAcknowledged(
  operations: readonly Operation[],
  logged: readonly Logged[],
): Violation[] {
  const byRevision = new Map(logged.map((one) => [one.revision, one]));
  const violations: Violation[] = [];
  for (const operation of operations) {
    const { call, outcome } = operation;
    if (call.type !== "commit" || outcome.type !== "committed") continue;
    const writes = writesOf(call.steps, outcome.revision);
    const found = writes.map(({ revision }) => byRevision.get(revision));
    for (const [index, { step, revision }] of writes.entries()) {
      const one = found[index];
      const isSame = one?.key === step.key && one.value === step.value && isOf(one, step.verb);
      if (isSame) continue;
      const held = one ? `${one.type} of ${one.key}=${one.value}` : "nothing";
      const message = `acknowledged at ${revision}, where the log has ${held}`;
      violations.push(violation("acknowledged writes stay", message, [operation]));
    }
    if (new Set(found.map((one) => one?.sequence)).size > 1) {
      const message = `written in two pieces (revision ${outcome.revision})`;
      violations.push(violation("commits are atomic", message, [operation]));
    }
  }
  return violations.slice(0, toldMax);
}

const verbs: Readonly<Record<EventType, Verb>> = {
  created: "create",
  updated: "update",
  deleted: "delete",
};

const isOf = ({ type }: Logged, verb: Verb) => verbs[type] === verb;

/** Each write follows from what was there; revisions only rise. */
function checkLog(logged: readonly Logged[], initial: ReadonlyMap<string, KeyState>): Violation[] {
  const values = new Map([...initial].map(([key, { value }]) => [key, value]));
  const violations: Violation[] = [];
  let last = 0;
  for (const { key, type, value, revision, sequence } of logged) {
    const before = values.get(key) ?? absentKey.value;
    const at = `log message ${sequence}, revision ${revision}`;
    if (revision <= last) {
      violations.push(violation("revisions rise", `${at} comes after revision ${last}`));
    }
    if ((before === undefined) !== (type === "created")) {
      const message = `${at}: ${key} was ${type} when it was ${before ?? "absent"}`;
      violations.push(violation("the log is a history", message));
    }
    values.set(key, type === "deleted" ? undefined : value);
    last = Math.max(last, revision);
  }
  return violations.slice(0, toldMax);
}
