/** Bugs that show when a store is started again: what it does to its log before it reads it. */
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import type { Host } from "#libs/actor/component.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import { commitRpc, logBatch, objectChanged } from "../../../services/store/wire.ts";

/** Messages of the log that get lost. */
const lostCount = 2;
/** Revisions that are given out again. */
const againCount = 3;

/** A log that is there already loses its last messages, and with them the word on its length. */
export async function loseTail(bus: NatsBus): Promise<void> {
  const manager = await jetstreamManager(bus.connection);
  const name = bus.subjects.stream("LOG");
  const info = await manager.streams.info(name).catch(() => undefined);
  if (!info || info.state.messages <= lostCount) return;
  const kept: Uint8Array[] = [];
  for (let seq = 1; seq <= info.state.last_seq - lostCount; seq += 1) {
    kept.push((await manager.streams.getMessage(name, { seq }))?.data ?? new Uint8Array(0));
  }
  await manager.streams.delete(name);
  await manager.streams.delete(bus.subjects.stream("HEAD")).catch(() => false);
  const { subjects, num_replicas, discard } = info.config;
  const storage = StorageType.File;
  await manager.streams.add({ name, subjects, num_replicas, discard, storage, allow_direct: true });
  for (const data of kept) await bus.request(bus.subjects.log(), data);
}

/** The last revision of the log; 0 when there is none. */
export async function lastRevision(bus: NatsBus): Promise<number> {
  const manager = await jetstreamManager(bus.connection);
  const name = bus.subjects.stream("LOG");
  const subject = bus.subjects.log();
  const last = await manager.streams.getMessage(name, { last_by_subj: subject }).catch(() => null);
  if (!last) return 0;
  const { firstRevision, count } = logBatch.decode(last.data);
  return firstRevision + count - 1;
}

/** Counts on from an earlier revision than the last one, in all that it tells. */
export const countAgain =
  (last: number) =>
  (host: Host): Host => {
    if (last < againCount) return host;
    const told = (revision: number) => (revision > last ? revision - againCount : revision);
    const { bus } = host;
    const change = (payload: Uint8Array) => {
      const { previousResourceRevision, ...rest }: ObjectChanged = objectChanged.decode(payload);
      const previous = told(previousResourceRevision);
      const revision = told(rest.revision);
      return objectChanged.encode({ ...rest, revision, previousResourceRevision: previous });
    };
    const prefix = bus.subjects.watchAll().slice(0, -1);
    const mine: Pick<typeof bus, "publish" | "subscribe"> = {
      publish: (subject, payload, reply) =>
        bus.publish(subject, subject.startsWith(prefix) ? change(payload) : payload, reply),
      subscribe: (subject, handler, options) =>
        bus.subscribe(
          subject,
          (message) => {
            const isCommit = bus.subjects.parse(message.subject)?.verb === "commit";
            const respond = (payload: Uint8Array) => {
              if (!isCommit) return message.respond(payload);
              const { revision, ...rest } = commitRpc.response.decode(payload);
              message.respond(commitRpc.response.encode({ ...rest, revision: told(revision) }));
            };
            handler({ ...message, respond });
          },
          options,
        ),
    };
    const changed = new Proxy(bus, {
      get(target, property) {
        if (property === "publish" || property === "subscribe") return mine[property];
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { ...host, bus: changed };
  };
