/**
 * Broadcasts as they come over the wire. They may get lost, which receivers notice by what each
 * tells of the one before; but they come once, in order, and tell the truth.
 */
import type { Broadcast, Logged } from "../history/observation.ts";
import { type Violation, violation } from "./violation.ts";

const toldMax = 5;

export function checkBroadcasts(
  broadcasts: readonly Broadcast[],
  logged: readonly Logged[],
  last: Logged | undefined,
): Violation[] {
  const places = new Map(logged.map((one, index) => [one.revision, { one, index }]));
  const violations: Violation[] = [];
  const highest = new Map<string, { readonly revision: number; readonly epoch: number }>();
  const seen = new Map<string, Set<number>>();
  for (const { session, event, previousRevision } of broadcasts) {
    const { revision, type, key } = event;
    const text = `${session}: ${type} ${key} at ${revision}`;
    const place = places.get(revision);
    // One of the round before may come late.
    if (!place && revision <= (last?.revision ?? 0)) continue;
    if (!place) {
      violations.push(violation("broadcast: true", `${text}, where the log has nothing`));
      continue;
    }
    const { one, index } = place;
    const isSame =
      one.key === key && one.type === type && (event.value === one.value || !event.value);
    if (!isSame) {
      const held = `${one.type} of ${one.key}=${one.value}`;
      violations.push(violation("broadcast: true", `${text}, where the log has ${held}`));
    }
    const before = logged[index - 1] ?? last;
    if (before && before.revision !== previousRevision) {
      const told = `tells ${previousRevision} as the revision before, it is ${before.revision}`;
      violations.push(violation("broadcast: previous revision", `${text} ${told}`));
    }
    const revisions = seen.get(session) ?? new Set();
    seen.set(session, revisions);
    if (revisions.has(revision)) {
      violations.push(violation("broadcast: unique", `${text} came twice`));
    }
    revisions.add(revision);
    const top = highest.get(session);
    // What a deposed leader still had to say may come late, and is told apart by its epoch.
    if (top && revision < top.revision && one.epoch === top.epoch) {
      violations.push(violation("broadcast: ordered", `${text} came after ${top.revision}`));
    }
    if (!top || revision > top.revision) highest.set(session, { revision, epoch: one.epoch });
  }
  return violations.slice(0, toldMax);
}
