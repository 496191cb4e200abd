/** Requests in, answers out. A request that cannot be read is answered as invalid. */
import type { BusMessage } from "#libs/bus/bus.ts";
import type { Subjects } from "#libs/bus/subjects.ts";
import type { CommitQueue } from "../commit/queue.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { readChanges, readHead, readList, readOne } from "../memory/reading.ts";
import { changesRpc, commitRpc, getRpc, headRpc, listRpc } from "../wire.ts";

export interface Served {
  readonly memory: StoreMemory;
  readonly queue: CommitQueue;
  readonly subjects: Subjects;
  /** Bytes of one answer with many records or changes. */
  readonly answerBytesMax: number;
}

export function answer(served: Served, message: BusMessage): void {
  const { memory, queue, subjects, answerBytesMax } = served;
  const { subject, data } = message;
  const verb = subjects.parse(subject)?.verb;
  switch (verb) {
    case "commit": {
      const request = decoded(commitRpc.request, data) ?? noCommit;
      queue.submit(request, (response) => message.respond(commitRpc.response.encode(response)));
      return;
    }
    case "get": {
      const request = decoded(getRpc.request, data) ?? { key: undefined, revision: 0 };
      return message.respond(getRpc.response.encode(readOne(memory, request)));
    }
    case "list": {
      const request = decoded(listRpc.request, data) ?? noList;
      return message.respond(listRpc.response.encode(readList(memory, request, answerBytesMax)));
    }
    case "changes": {
      const request = decoded(changesRpc.request, data) ?? noChanges;
      const response = readChanges(memory, request, answerBytesMax);
      return message.respond(changesRpc.response.encode(response));
    }
    default: {
      if (verb !== "head") return;
      const request = decoded(headRpc.request, data) ?? { group: "", resource: "" };
      return message.respond(headRpc.response.encode(readHead(memory, request)));
    }
  }
}

/** Undefined for bytes that are no such message. */
function decoded<T>(codec: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T | undefined {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}

// Without mutations or a resource, these are refused as invalid.
const noCommit = { mutations: [], requestId: "" };
const noList = {
  group: "",
  resource: "",
  namespace: "",
  afterNamespace: "",
  afterName: "",
  limit: 0,
  revision: 0,
};
const noChanges = {
  group: "",
  resource: "",
  partition: "",
  afterRevision: 0,
  withConfidential: false,
};
