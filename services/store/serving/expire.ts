/** Deletes keys whose time is up. Only the leader does, and by commits like any other. */
import type { World } from "#libs/actor/world.ts";
import type { CommitRequest } from "#proto/gen/kubus/store/v1.ts";
import type { CommitQueue } from "../commit/queue.ts";
import type { Entry } from "../memory/versions.ts";
import type { StoreMemory } from "../memory/memory.ts";

const lookMs = 1_000;
/** Keys deleted at once; when there were so many, the next are looked for at once. */
const expiredMax = 500;
/** Milliseconds until a key is tried again whose deletion was refused. */
const againMs = 1_000;

/**
 * Looks for expired keys and old history every second; returns what ends it.
 * @param onCompacted called after old history went
 */
export function keepTidy(
  world: World,
  memory: StoreMemory,
  queue: CommitQueue,
  onCompacted: () => void,
): () => void {
  const underWay = new Map<Entry, number>();
  const giveBack = (entry: Entry, revision: number, atMs: number) => {
    const isStillThere = entry.newest.revision === revision && entry.living;
    if (isStillThere) memory.expiry.again(entry, revision, atMs);
  };
  let isStopped = false;
  const expire = () => {
    const nowMs = world.now();
    const due = memory.expiry.due(nowMs, expiredMax - underWay.size);
    for (const { entry, revision } of due) {
      underWay.set(entry, revision);
      queue.submit(deletion(entry, revision), ({ failure }) => {
        underWay.delete(entry);
        const isGone = failure === "COMMIT_FAILURE_UNSPECIFIED";
        if (!isGone) giveBack(entry, revision, nowMs + againMs);
        if (isGone && underWay.size === 0 && !isStopped) expire();
      });
    }
  };
  const stop = world.every(lookMs, () => {
    memory.compact(world.now());
    onCompacted();
    expire();
  });
  return () => {
    isStopped = true;
    stop();
    // A deposed leader is told nothing about them; it may lead again.
    for (const [entry, revision] of underWay) giveBack(entry, revision, world.now());
  };
}

/** One commit for each key: a key that was written meanwhile must not keep the others alive. */
const deletion = ({ key }: Entry, expectedRevision: number): CommitRequest => ({
  mutations: [
    {
      type: "MUTATION_TYPE_DELETE",
      key,
      value: new Uint8Array(0),
      expectedRevision,
      partition: "",
      confidential: false,
      ttlSeconds: 0,
    },
  ],
  requestId: "",
});
