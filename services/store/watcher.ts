/** For tests: follows the pods as informers do, by broadcast, gap and refill. */
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import { clientOf } from "./rig.ts";
import { headsAnnounced, objectChanged } from "./wire.ts";

const pollMs = 10;

export function startWatcher(bus: NatsBus) {
  const client = clientOf(bus, { timeoutMs: 500 });
  /** All changes, in the order in which they were learnt of. */
  const changes: ObjectChanged[] = [];
  let applied = 0;
  let head = 0;
  let isRefilling = false;

  function apply(change: ObjectChanged) {
    if (change.revision <= applied) return;
    if (change.previousResourceRevision > applied) {
      head = Math.max(head, change.revision);
      void refill();
      return;
    }
    changes.push(change);
    applied = change.revision;
  }

  async function refill() {
    if (isRefilling) return;
    isRefilling = true;
    while (applied < head) {
      const answer = await client.changes(applied).catch(() => undefined);
      for (const change of answer?.changes ?? []) apply(change);
      if (!answer) await realWorld.sleep(pollMs);
    }
    isRefilling = false;
  }

  const subscriptions = [
    bus.subscribe(bus.subjects.watchResource("", "pods"), ({ data }) =>
      apply(objectChanged.decode(data)),
    ),
    bus.subscribe(bus.subjects.heads(), ({ data }) => {
      const { heads } = headsAnnounced.decode(data);
      const pods = heads.find(({ group, resource }) => group === "" && resource === "pods");
      head = Math.max(head, pods?.revision ?? 0);
      void refill();
    }),
  ];
  return {
    changes,
    async until(revision: number) {
      while (applied < revision) await realWorld.sleep(pollMs);
    },
    stop() {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
