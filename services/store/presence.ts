/** What every instance of the store answers, whoever leads: how it is, and what it remembers. */
import type { Host } from "#libs/actor/component.ts";
import { NoRespondersError } from "#libs/bus/bus.ts";
import type { StatusResponse } from "#proto/gen/kubus/store/v1.ts";
import { type Remembering, answerCached } from "./serving/answer.ts";
import { statusRpc } from "./wire.ts";

/** Milliseconds for another of the same name to answer. */
const answerMsMax = 300;
/** Milliseconds for one's own words to come back. */
const echoMsMax = 1_000;
/** Cached reads are shared among all stores. */
const cachedQueue = "store";

/**
 * Whether no other process has the name of this instance: a living one, even one that is stopped,
 * has a subscription at the server. To be asked before `present`.
 */
export async function isNameFree({ bus, instance }: Host): Promise<boolean> {
  try {
    const question = statusRpc.request.encode({});
    const options = { timeoutMs: answerMsMax };
    await bus.request(bus.subjects.storeStatus(instance), question, options);
    return false;
  } catch (error) {
    return error instanceof NoRespondersError;
  }
}

/**
 * Whether this store hears what it says: neither its connection nor itself is held up. Whatever
 * others said before was heard by then. After `present`.
 */
export async function hearsItself({ bus, instance }: Host): Promise<boolean> {
  try {
    const question = statusRpc.request.encode({});
    await bus.request(bus.subjects.storeStatus(instance), question, { timeoutMs: echoMsMax });
    return true;
  } catch {
    return false;
  }
}

/** Answers until this life ends. */
export function present(
  { bus, instance }: Host,
  status: () => StatusResponse,
  remembering: () => Remembering,
): void {
  bus.subscribe(bus.subjects.storeStatus(instance), (message) =>
    message.respond(statusRpc.response.encode(status())),
  );
  bus.subscribe(bus.subjects.storeCachedAll(), (message) => answerCached(remembering(), message), {
    queue: cachedQueue,
  });
}
