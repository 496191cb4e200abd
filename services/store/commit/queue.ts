/**
 * Group commit: one append is on its way, what comes meanwhile gathers into the next. A commit is
 * decided when it comes, on the state as it will be; it is answered when it is durable.
 *
 * Requests reach every store that leads or believes it does. So "nothing was changed" is said only
 * while it is certain that no other leads, who may have taken the same request; else nothing is.
 */
import type { CommitRequest, CommitResponse } from "#proto/gen/kubus/store/v1.ts";
import { type Accepted, type Limits, type Refused, type Write, decideCommit } from "../decide.ts";
import type { Lease, Moment } from "../leadership/lease.ts";
import { encodeBatch } from "../log/batch.ts";
import type { LogPosition } from "../log/position.ts";
import { bytesInLog } from "../log/replay.ts";
import type { AppendOutcome } from "../log/stream.ts";
import { Fifo } from "../memory/history.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { readOne } from "../memory/reading.ts";
import type { Change } from "../memory/versions.ts";
import { type Failed, conflicts, done, overloaded, refusalOf } from "./outcomes.ts";
import { PendingView } from "./pending.ts";
import { Refusals } from "./refusals.ts";

export interface QueueLimits extends Limits {
  /** Commits that wait for their answer; above, new ones are refused as overloaded. */
  readonly queueMax: number;
  readonly queueBytesMax: number;
  /** Reads that wait for the proof that this store leads. */
  readonly readsMax: number;
  /** Bytes of one message of the log, unless a single commit is larger. */
  readonly batchBytesMax: number;
}

export interface QueueOptions {
  readonly memory: StoreMemory;
  readonly position: LogPosition;
  readonly leader: string;
  readonly limits: QueueLimits;
  readonly lease: Lease;
  readonly nowMs: () => number;
  /** Appends behind a sequence of the log. */
  readonly append: (payload: Uint8Array, lastSequence: number) => Promise<AppendOutcome>;
  /** Asks the log, which cannot be written now, whether it ends there still. */
  readonly endsAt: (sequence: number) => Promise<boolean>;
  /** What just became durable, in order; called before the writers hear of it. */
  readonly onCommitted: (changes: readonly Change[]) => void;
  /** This store leads no more: the log is not its own, or does not answer, or cannot be right. */
  readonly onLost: (outcome: LostOutcome) => void;
}

export type LostOutcome =
  | Extract<AppendOutcome, { type: "Fenced" | "Lost" | "Unknown" }>
  /** The memory refused what was decided on it. */
  | { readonly type: "Broken"; readonly message: string };

/** `unavailable`: nobody can tell now; `overloaded`: too many wait to be told. */
export type Proof = "proven" | "unavailable" | "overloaded";

type Respond = (response: CommitResponse) => void;
type OnProof = (proof: Proof) => void;

interface Waiting {
  readonly requestId: string;
  readonly writes: readonly Write[];
  readonly bytes: number;
  /** Answered when the commit is durable, or surely not. */
  readonly responds: ((outcome: "durable" | Refused) => void)[];
}

export class CommitQueue {
  readonly #options: QueueOptions;
  readonly #view: PendingView;
  readonly #refusals = new Refusals();
  readonly #waiting = new Fifo<Waiting>();
  readonly #byRequestId = new Map<string, Waiting>();
  readonly #drained: (() => void)[] = [];
  #proofs: OnProof[] = [];
  #newest: Waiting | undefined;
  #position: LogPosition;
  #nextRevision: number;
  #unanswered = 0;
  #bytes = 0;
  #isAppending = false;
  /** When the append that is on its way was sent. */
  #appendSentAt: Moment | undefined;
  #isScheduled = false;
  #isClosed = false;
  #isAbandoned = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#view = new PendingView(options.memory);
    this.#position = options.position;
    this.#nextRevision = options.position.nextRevision;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** Milliseconds that an append has been waiting for its answer; 0: none is. */
  get appendMs(): number {
    const { lease } = this.#options;
    if (!this.#appendSentAt) return 0;
    return lease.moment().monotonicMs - this.#appendSentAt.monotonicMs;
  }

  get waiting(): { readonly commits: number; readonly reads: number } {
    return { commits: this.#unanswered, reads: this.#proofs.length };
  }

  /**
   * Calls `respond` once, when the fate of the commit is known; never when it stays unknown, or is
   * for another store to tell.
   */
  submit(request: CommitRequest, respond: Respond): void {
    const { requestId } = request;
    if (this.#isClosed) return;
    if (requestId !== "" && this.#answerAgain(request, respond)) return;

    const { limits, nowMs } = this.#options;
    if (this.#unanswered >= limits.queueMax || this.#bytes >= limits.queueBytesMax) {
      const refused = overloaded(`${this.#unanswered} commits are waiting`);
      return this.#whenProven(() => this.#refuse(request, refused, respond));
    }
    const view = this.#view;
    const nextRevision = this.#nextRevision;
    const decision = decideCommit({ request, view, limits, nextRevision, nowMs: nowMs() });
    if (decision.type === "Refused") {
      // It may have been refused because of a write that is not durable yet, and may never be.
      this.#afterNewest(request, respond, () => {
        this.#refusals.add(requestId, decision);
        this.#refuse(request, decision, respond);
      });
    } else if (decision.writes.length === 0) {
      const respondHead = () => respond(done(this.#options.memory.revision));
      this.#afterNewest(request, respond, respondHead);
    } else {
      this.#enqueue(request, decision, respond);
    }
  }

  /**
   * Calls `onProof`, at once or later, when the memory holds every write that anybody acknowledged
   * before this call. Never when another leads. Reads that wait share one append without writes.
   */
  prove(onProof: OnProof): void {
    if (this.#options.lease.holds()) return onProof("proven");
    if (this.#isClosed) return;
    if (this.#proofs.length >= this.#options.limits.readsMax) return onProof("overloaded");
    this.#proofs.push(onProof);
    this.#schedule();
  }

  /** Takes no more commits. Resolves when all that were accepted are answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isIdle) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /**
   * Ends this leadership in the log, so that another need not wait. After `close`. Resolves when
   * that is stored, or is not.
   */
  async resign(): Promise<void> {
    if (!this.#isIdle || this.#isAbandoned) return;
    const { leader, lease, nowMs, append } = this.#options;
    lease.end();
    const input = { position: this.#position, leader, timeMs: nowMs(), writes: [], resigned: true };
    await append(encodeBatch(input).payload, this.#position.sequence);
    this.abandon();
  }

  /** Appends, applies and answers no more. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.#proofs = [];
    this.#options.lease.end();
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  get #isIdle(): boolean {
    return this.#unanswered === 0 && this.#proofs.length === 0 && !this.#isAppending;
  }

  /** True when the commit is known: it was, or will be, answered like the first of its id. */
  #answerAgain(request: CommitRequest, respond: Respond): boolean {
    const { requestId } = request;
    const revision = this.#options.memory.outcomeOf(requestId);
    if (revision !== undefined) {
      respond(done(revision));
      return true;
    }
    const refused = this.#refusals.get(requestId);
    if (refused) {
      // Another leader may have decided otherwise since.
      this.#whenProven(() => this.#refuse(request, refused, respond));
      return true;
    }
    const waiting = this.#byRequestId.get(requestId);
    if (!waiting) return false;
    this.#await(waiting, request, respond, () => respond(done(lastRevision(waiting))));
    return true;
  }

  #enqueue(request: CommitRequest, { writes, bytes }: Accepted, respond: Respond): void {
    const { requestId } = request;
    const waiting: Waiting = { requestId, writes, bytes, responds: [] };
    this.#nextRevision += writes.length;
    this.#bytes += bytes;
    for (const write of writes) this.#view.add(write);
    if (requestId !== "") this.#byRequestId.set(requestId, waiting);
    this.#waiting.push(waiting);
    this.#newest = waiting;
    this.#await(waiting, request, respond, () => respond(done(lastRevision(waiting))));
    this.#schedule();
  }

  #afterNewest(request: CommitRequest, respond: Respond, tell: () => void): void {
    const onDurable = () => this.#whenProven(tell);
    if (this.#newest) this.#await(this.#newest, request, respond, onDurable);
    else onDurable();
  }

  #whenProven(tell: () => void): void {
    this.prove((proof) => {
      if (proof === "proven") tell();
    });
  }

  #await(waiting: Waiting, request: CommitRequest, respond: Respond, onDurable: () => void): void {
    this.#unanswered += 1;
    waiting.responds.push((outcome) => {
      this.#unanswered -= 1;
      if (outcome === "durable") onDurable();
      else this.#refuse(request, outcome, respond);
    });
  }

  #refuse(request: CommitRequest, refused: Refused, respond: Respond): void {
    const { failure, failedIndex, message } = refused;
    const key = conflicts.has(failure) ? request.mutations[failedIndex]?.key : undefined;
    const current = key ? readOne(this.#options.memory, { key, revision: 0 }).record : undefined;
    respond({ revision: 0, failure, failedIndex, current, message });
  }

  /** Soon, but after all that came in the same piece from the socket. */
  #schedule(): void {
    if (this.#isAppending || this.#isScheduled || this.#isAbandoned) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#appendNext().catch((error: unknown) => this.#break(error));
    });
  }

  async #appendNext(): Promise<void> {
    const commits = this.#takeBatch();
    const proofs = this.#takeProofs();
    if (commits.length === 0 && proofs.length === 0) return;
    this.#isAppending = true;
    const { leader, lease, nowMs, append } = this.#options;
    const timeMs = nowMs();
    const writes = commits.flatMap((commit) => commit.writes);
    const { payload, crc } = encodeBatch({ position: this.#position, leader, timeMs, writes });
    const sentAt = lease.moment();
    this.#appendSentAt = sentAt;
    const outcome = await append(payload, this.#position.sequence);
    this.#appendSentAt = undefined;
    // Whoever reads the log on has this batch from there, and its writers ask the next leader.
    if (this.#isAbandoned) return;

    if (outcome.type === "Appended") {
      const { sequence } = outcome;
      const nextRevision = this.#position.nextRevision + writes.length;
      this.#position = { ...this.#position, sequence, crc, nextRevision };
      lease.prove(sentAt);
      this.#apply(commits, timeMs, bytesInLog(payload));
      for (const onProof of proofs) onProof("proven");
    } else {
      await this.#fail(commits, proofs, outcome);
    }
    this.#isAppending = false;
    if (lease.holds()) for (const onProof of this.#takeProofs()) onProof("proven");
    if (this.#waiting.length > 0 || this.#proofs.length > 0) this.#schedule();
    if (this.#isIdle) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #takeProofs(): OnProof[] {
    const proofs = this.#proofs;
    this.#proofs = [];
    return proofs;
  }

  #takeBatch(): Waiting[] {
    const commits: Waiting[] = [];
    let bytes = 0;
    for (let next = this.#waiting.at(0); next; next = this.#waiting.at(0)) {
      bytes += next.bytes;
      if (commits.length > 0 && bytes > this.#options.limits.batchBytesMax) break;
      commits.push(next);
      this.#waiting.shift();
    }
    return commits;
  }

  #apply(commits: readonly Waiting[], timeMs: number, bytes: number): void {
    const { memory, onCommitted } = this.#options;
    const changes: Change[] = [];
    for (const { writes } of commits) {
      for (const write of writes) {
        changes.push(memory.apply(write));
        this.#view.settle(write);
      }
    }
    memory.closeBatch({ position: this.#position, timeMs, bytes }, timeMs);
    onCommitted(changes);
    for (const commit of commits) this.#answer(commit, "durable");
  }

  /** Nothing of the batch is stored, or nobody knows: what was decided after it falls with it. */
  async #fail(
    commits: readonly Waiting[],
    proofs: readonly OnProof[],
    outcome: Failed,
  ): Promise<void> {
    const { lease, endsAt } = this.#options;
    const isRefused = outcome.type === "Unavailable";
    const isLeading = isRefused && (lease.holds() || (await endsAt(this.#position.sequence)));
    if (this.#isAbandoned) return;
    const fallen = [...commits];
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) fallen.push(next);
    this.#view.clear();
    this.#nextRevision = this.#position.nextRevision;
    // Another that leads may have taken the same commits: then theirs is the answer.
    const told = isLeading ? refusalOf(outcome) : "unknown";
    for (const commit of fallen) this.#answer(commit, told);
    if (isRefused) {
      for (const onProof of proofs) onProof(isLeading ? "proven" : "unavailable");
    } else {
      this.abandon();
      this.#options.onLost(outcome);
    }
  }

  /** The memory refused what was decided on it: nothing that it says can be trusted. */
  #break(error: unknown): void {
    this.abandon();
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onLost({ type: "Broken", message });
  }

  #answer(commit: Waiting, outcome: "durable" | "unknown" | Refused): void {
    this.#bytes -= commit.bytes;
    if (this.#byRequestId.get(commit.requestId) === commit) {
      this.#byRequestId.delete(commit.requestId);
    }
    if (this.#newest === commit) this.#newest = undefined;
    if (outcome === "unknown") {
      this.#unanswered -= commit.responds.length;
      return;
    }
    for (const respond of commit.responds) respond(outcome);
  }
}

const lastRevision = ({ writes }: Waiting) => writes[writes.length - 1]?.revision ?? 0;
