/** What clients did, and what they were told: the history that is judged. */

export type Verb = "create" | "update" | "delete" | "check";

/** One change of one key. Values are unique in a history, so that a value tells its writer. */
export interface Step {
  readonly verb: Verb;
  readonly key: string;
  /** "" for deletions and checks. */
  readonly value: string;
  /** Revision that the key must be at. 0: any (of a check: the key must be absent). */
  readonly expected: number;
}

export type Call =
  /** All steps happen, or none. */
  | { readonly type: "commit"; readonly steps: readonly Step[] }
  | { readonly type: "get"; readonly key: string; readonly isCached?: boolean }
  /** Every key there is. What is cached was right at its revision, which may be an old one. */
  | { readonly type: "list"; readonly isCached?: boolean };

export const isCached = (call: Call): boolean => call.type !== "commit" && call.isCached === true;

export interface Found {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  /** 0: not told. */
  readonly createRevision: number;
}

export type Refusal = "exists" | "absent" | "mismatch";

export type Outcome =
  /** Revision of the last step that writes; the others count back from it. */
  | { readonly type: "committed"; readonly revision: number }
  /** Because of one step; what the key held soon after, if that was told. */
  | {
      readonly type: "refused";
      readonly reason: Refusal;
      readonly step: number;
      readonly current?: Found | undefined;
    }
  /** `revision` is the one that the answer is consistent with; 0: not told. */
  | { readonly type: "got"; readonly found: Found | undefined; readonly revision: number }
  | { readonly type: "listed"; readonly found: readonly Found[]; readonly revision: number }
  /** Surely had no effect, and says nothing of the state. */
  | { readonly type: "nothing"; readonly why: string }
  /** No answer: it may have happened, or happen later. */
  | { readonly type: "unknown"; readonly why: string };

export interface Operation {
  readonly id: number;
  readonly client: string;
  readonly call: Call;
  /** Milliseconds of one monotonic clock. */
  readonly invokedAt: number;
  /** Infinity when nobody knows when it ends. */
  readonly returnedAt: number;
  readonly outcome: Outcome;
}

export const isWrite = ({ verb }: Step): boolean => verb !== "check";

/** The steps that write, with the revision of each, when the last one has `revision`. */
export function writesOf(
  steps: readonly Step[],
  revision: number,
): { readonly step: Step; readonly revision: number }[] {
  const writes = steps.filter(isWrite);
  return writes.map((step, index) => ({ step, revision: revision - writes.length + 1 + index }));
}

/** One operation as a line that a person can read. */
export function lineOf({ id, client, call, invokedAt, returnedAt, outcome }: Operation): string {
  const end = Number.isFinite(returnedAt) ? returnedAt.toFixed(1) : "…";
  const when = `${invokedAt.toFixed(1)}–${end} ms`;
  return `#${id} ${client} ${when}: ${callText(call)} → ${outcomeText(outcome)}`;
}

function callText(call: Call): string {
  const cached = isCached(call) ? " from a cache" : "";
  if (call.type === "get") return `get ${call.key}${cached}`;
  if (call.type === "list") return `list${cached}`;
  return call.steps.map(stepText).join(" + ");
}

function stepText({ verb, key, value, expected }: Step): string {
  const content = value === "" ? "" : `=${value}`;
  const condition = expected === 0 ? "" : ` if ${expected}`;
  return `${verb} ${key}${content}${condition}`;
}

const foundText = (found: Found | undefined) =>
  found ? `${found.key}=${found.value}@${found.revision}` : "absent";

function outcomeText(outcome: Outcome): string {
  switch (outcome.type) {
    case "committed":
      return `revision ${outcome.revision}`;
    case "refused":
      return `refused (step ${outcome.step} ${outcome.reason}, ${foundText(outcome.current)})`;
    case "got":
      return `${foundText(outcome.found)} at ${outcome.revision}`;
    case "listed":
      return `[${outcome.found.map(foundText).join(" ")}] at ${outcome.revision}`;
    default:
      return `${outcome.type} (${outcome.why})`;
  }
}
