/** What the store's machine asks for: each effect does one thing and decides nothing. */
import { fromCallback, fromPromise } from "xstate";
import type { Host } from "#libs/actor/component.ts";
import { CommitQueue, type LostOutcome } from "./commit/queue.ts";
import { DamagedError, type LogPosition, encodeBatch, startOfLog } from "./log/batch.ts";
import { replayLog } from "./log/replay.ts";
import { type DurableStream, openStream } from "./log/stream.ts";
import { checkServer } from "./log/server.ts";
import type { Claim, Loss, Replayed, StoreEvent } from "./machine.ts";
import { StoreMemory } from "./memory/memory.ts";
import { answer } from "./serving/answer.ts";
import { Broadcast } from "./serving/broadcast.ts";
import { keepTidy } from "./serving/expire.ts";
import type { StoreSettings } from "./settings.ts";

/** What one life of the store holds; filled in as its states are passed. */
interface Holding {
  log: DurableStream;
  memory: StoreMemory;
  position: LogPosition;
  queue: CommitQueue | undefined;
}

export function storeEffects(host: Host, settings: StoreSettings) {
  const { bus, world } = host;
  const leader = `${host.instance}/${world.uuid().slice(0, 8)}`;
  let held: Holding | undefined;
  const holding = () => {
    if (!held) throw new Error("the log is not open");
    return held;
  };
  const letGo = () => {
    held?.queue?.abandon();
    held?.log.close();
    held = undefined;
  };
  host.onEnd(letGo);

  const open = async () => {
    letGo();
    checkServer(host, settings.unsafeDurability);
    const { replicas } = settings;
    const name = bus.subjects.stream("LOG");
    const options = { name, subjects: [bus.subjects.log()], replicas };
    const log = await openStream(bus, world, options, settings);
    held = { log, memory: new StoreMemory(settings), position: startOfLog, queue: undefined };
  };

  const replay = async (): Promise<Replayed> => {
    const { log, memory, position } = holding();
    const startedAt = world.monotonic();
    const reached = await replayLog(log, memory, position, world, host.log);
    holding().position = reached;
    const milliseconds = Math.round(world.monotonic() - startedAt);
    const { revision, keyCount: keys } = memory;
    host.log.info({ revision, keys, messages: reached.sequence, milliseconds }, "log replayed");
    return { revision };
  };

  const claim = async (): Promise<Claim> => {
    const { log, memory, position } = holding();
    const epoch = position.epoch + 1;
    const timeMs = world.now();
    const next = { ...position, epoch };
    const { payload, crc } = encodeBatch({ position: next, leader, timeMs, writes: [] });
    const outcome = await log.append(bus.subjects.log(), payload, position.sequence);
    if (outcome.type === "Fenced") return { type: "behind" };
    if (outcome.type === "Lost") throw new DamagedError(outcome.message);
    if (outcome.type !== "Appended") throw new Error(outcome.message);
    const { sequence } = outcome;
    memory.closeBatch({ sequence, crc, timeMs, bytes: payload.length }, timeMs);
    holding().position = { ...next, sequence, crc };
    host.log.info({ epoch, leader }, "log claimed");
    return { type: "claimed", epoch };
  };

  const serve = fromCallback<{ type: never }, undefined, StoreEvent>(({ sendBack }) => {
    const { log, memory, position } = holding();
    const { answerBytesMax } = settings;
    const { subjects } = bus;
    const broadcast = new Broadcast(bus, world, memory);
    const queue = new CommitQueue({
      memory,
      position,
      leader,
      limits: settings.queue,
      nowMs: () => world.now(),
      append: (payload, lastSequence) => log.append(subjects.log(), payload, lastSequence),
      onCommitted: (changes) => broadcast.tell(changes),
      onLost: (outcome) => sendBack({ type: "Lost", loss: lossOf(outcome) }),
    });
    holding().queue = queue;
    const served = { memory, queue, subjects, answerBytesMax };
    const requests = bus.subscribe(subjects.storeAll(), (message) => answer(served, message));
    const stopTidying = keepTidy(world, memory, queue);
    broadcast.announce();
    return () => {
      requests.unsubscribe();
      stopTidying();
      broadcast.stop();
    };
  });

  const drain = async () => {
    await held?.queue?.close();
    await bus.flush();
  };

  return {
    actors: {
      open: fromPromise(open),
      replay: fromPromise(replay),
      claim: fromPromise(claim),
      serve,
      drain: fromPromise(drain),
    },
    actions: {
      report: ({ context }: { readonly context: { readonly problem: string } }) =>
        host.log.fatal(`refusing to serve: ${context.problem}`),
    },
  };
}

const lossOf = ({ type, message }: LostOutcome): Loss =>
  type === "Lost" ? { type: "Damaged", message } : { type: "Deposed", message };
