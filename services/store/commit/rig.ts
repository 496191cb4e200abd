/** For tests: a commit queue on a log and a clock that the test moves. */
import type { CommitRequest, CommitResponse, Mutation } from "#proto/gen/kubus/store/v1.ts";
import { Lease } from "../leadership/lease.ts";
import { logBatch } from "../wire.ts";
import { startOfLog } from "../log/position.ts";
import type { AppendOutcome } from "../log/stream.ts";
import { StoreMemory } from "../memory/memory.ts";
import { pod, put } from "../rig.ts";
import { CommitQueue, type LostOutcome, type QueueLimits } from "./queue.ts";

const limitsOf = (some: Partial<QueueLimits>): QueueLimits => ({
  valueBytesMax: 1_000,
  commitBytesMax: 2_000,
  mutationsMax: 10,
  queueMax: 100,
  queueBytesMax: 100_000,
  batchBytesMax: 2_000,
  readsMax: 3,
  ...some,
});

export const leaseMs = 700;

interface Append {
  readonly names: string[];
  readonly after: number;
  readonly resigned: boolean;
  readonly settle: (outcome: AppendOutcome) => void;
}

export function queueRig(some: Partial<QueueLimits> = {}) {
  const memory = new StoreMemory({ historyMsMax: 1e9, historyCountMax: 1e9 });
  const appends: Append[] = [];
  const told: string[] = [];
  const lost: LostOutcome[] = [];
  const clock = { nowMs: 0, isAtEnd: true };
  const world = { monotonic: () => clock.nowMs, now: () => clock.nowMs };
  const lease = new Lease(world, leaseMs);
  lease.prove(lease.moment());
  const queue = new CommitQueue({
    memory,
    position: { ...startOfLog, epoch: 1 },
    leader: "test",
    limits: limitsOf(some),
    lease,
    nowMs: () => clock.nowMs,
    endsAt: () => Promise.resolve(clock.isAtEnd),
    append: (payload, after) => {
      const { records, resigned } = logBatch.decode(payload);
      const names = records.map(({ key }) => key?.name ?? "");
      return new Promise((settle) => appends.push({ names, after, resigned, settle }));
    },
    onCommitted: (changes) => {
      if (changes.length > 0)
        told.push(`changes ${changes.map(({ revision }) => revision).join()}`);
    },
    onLost: (outcome) => lost.push(outcome),
  });
  const submit = (label: string, mutations: Mutation[], requestId = "") => {
    const request: CommitRequest = { mutations, requestId };
    queue.submit(request, (response) => told.push(`${label}: ${brief(response)}`));
  };
  const read = (label: string) =>
    queue.prove((proof) => told.push(`${label}: ${proof}, at ${memory.revision}`));
  const expireLease = () => (clock.nowMs += leaseMs);
  return { memory, queue, appends, told, lost, clock, submit, read, expireLease };
}

const brief = ({ revision, failure, current }: CommitResponse) =>
  failure === "COMMIT_FAILURE_UNSPECIFIED"
    ? `at ${revision}`
    : failure.replace("COMMIT_FAILURE_", "") + (current ? ` (now ${current.revision})` : "");

/** All microtasks that are due have run. */
export const settled = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

export const appended = (sequence: number): AppendOutcome => ({ type: "Appended", sequence });
export const full: AppendOutcome = { type: "Unavailable", message: "disk full", isFull: true };
export const create = (name: string) => put("CREATE", pod(name), { value: name });
export const update = (name: string, expectedRevision = 0) =>
  put("UPDATE", pod(name), { value: "new", expectedRevision });
