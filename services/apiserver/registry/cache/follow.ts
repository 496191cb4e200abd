/** What a receiver of the broadcast makes of one message. Pure. */
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";

export type Verdict =
  | "apply"
  /** Seen already. */
  | "stale"
  /** Something in between was missed: ask for the changes. */
  | "gap"
  /** The value was left out of the broadcast: ask for the change. */
  | "valueMissing";

export type ChangeHead = Pick<
  ObjectChanged,
  "type" | "revision" | "previousResourceRevision" | "withheld" | "metadataOnly"
>;

/** `applied` is the last revision of the resource that the receiver has; `known` needs no value. */
export function judgeChange(applied: number, change: ChangeHead, known: "known" | ""): Verdict {
  if (change.revision <= applied) return "stale";
  if (change.previousResourceRevision > applied) return "gap";
  const valueMissing = change.withheld || change.metadataOnly;
  if (!valueMissing || known === "known" || change.type === "CHANGE_TYPE_DELETED") return "apply";
  return "valueMissing";
}
