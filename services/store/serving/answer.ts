/** Requests in, answers out. A request that cannot be read is answered as invalid. */
import type { BusMessage } from "#libs/bus/bus.ts";
import type { Subjects } from "#libs/bus/subjects.ts";
import type { Codec } from "#libs/schema/schema.ts";
import type { CommitRequest, CommitResponse } from "#proto/gen/kubus/store/v1.ts";
import type { CommitQueue } from "../commit/queue.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { readChanges, readHead, readList, readOne } from "../memory/reading.ts";
import { changesRpc, commitRpc, commitsRpc, getRpc, headRpc, listRpc } from "../wire.ts";

export interface Remembering {
  readonly memory: StoreMemory;
  readonly subjects: Subjects;
  /** Bytes of one answer with many records or changes. */
  readonly answerBytesMax: number;
}

export interface Served extends Remembering {
  readonly queue: CommitQueue;
}

type ReadRefusal = "READ_FAILURE_OVERLOADED" | "READ_FAILURE_UNAVAILABLE";

/** A question that was understood. */
interface Reading {
  /** What was right a while ago will do. */
  readonly isSerializable: boolean;
  readonly answer: (remembering: Remembering) => Uint8Array;
  readonly refuse: (memory: StoreMemory, failure: ReadRefusal) => Uint8Array;
}

/** Answers what is asked of the leader: with the proof that it still is, at the time of reading. */
export function answer(served: Served, message: BusMessage): void {
  const { memory, queue, subjects } = served;
  const { subject, data } = message;
  const verb = subjects.parse(subject)?.verb ?? "";
  if (verb === "commit") {
    const request = decoded(commitRpc.request, data) ?? noCommit;
    queue.submit(request, (response) => message.respond(commitRpc.response.encode(response)));
    return;
  }
  if (verb === "commits") {
    const requests = decoded(commitsRpc.request, data)?.requests ?? [];
    submitAll(served, requests, (responses) =>
      message.respond(commitsRpc.response.encode({ responses })),
    );
    return;
  }
  const reading = readers[verb]?.(data);
  if (!reading) return;
  if (reading.isSerializable) {
    message.respond(reading.answer(served));
    return;
  }
  queue.prove((proof) => {
    if (proof === "proven") return message.respond(reading.answer(served));
    const failure = proof === "overloaded" ? "READ_FAILURE_OVERLOADED" : "READ_FAILURE_UNAVAILABLE";
    message.respond(reading.refuse(memory, failure));
  });
}

/** Responds when every one has its answer; what does not fit is left for its asker to ask again. */
function submitAll(
  { queue, answerBytesMax }: Served,
  requests: readonly CommitRequest[],
  respond: (responses: CommitResponse[]) => void,
): void {
  const responses = requests.map((): CommitResponse => unanswered);
  let [missing, bytes] = [requests.length, 0];
  if (missing === 0) respond([]);
  for (const [index, request] of requests.entries()) {
    queue.submit(request, (response) => {
      const size = response.current?.value.length ?? 0;
      if (bytes + size <= answerBytesMax) {
        bytes += size;
        responses[index] = response;
      }
      missing -= 1;
      if (missing === 0) respond(responses);
    });
  }
}

const unanswered: CommitResponse = {
  revision: 0,
  failure: "COMMIT_FAILURE_UNSPECIFIED",
  failedIndex: 0,
  message: "",
};

/** Answers from memory what need not be new: any store may. */
export function answerCached(remembering: Remembering, message: BusMessage): void {
  const verb = remembering.subjects.parse(message.subject)?.verb ?? "";
  if (verb !== "get" && verb !== "list") return;
  const reading = readers[verb]?.(message.data);
  if (reading) message.respond(reading.answer(remembering));
}

/** By verb. */
const readers: Readonly<Record<string, (data: Uint8Array) => Reading>> = {
  get: reader(
    getRpc,
    { key: undefined, revision: 0 },
    {
      read: ({ memory }, request) => readOne(memory, request),
      refuse: ({ revision }, failure) => ({ record: undefined, revision, failure }),
    },
  ),
  list: reader(listRpc, noList(), {
    read: ({ memory, answerBytesMax }, request) => readList(memory, request, answerBytesMax),
    refuse: ({ revision }, failure) => ({
      records: [],
      revision,
      more: false,
      remaining: 0,
      failure,
    }),
  }),
  changes: reader(changesRpc, noChanges(), {
    read: ({ memory, answerBytesMax }, request) => readChanges(memory, request, answerBytesMax),
    refuse: ({ revision, floor }, failure) => ({
      changes: [],
      revision,
      more: false,
      failure,
      floor,
    }),
  }),
  head: reader(
    headRpc,
    { group: "", resource: "" },
    {
      read: ({ memory }, request) => readHead(memory, request),
      refuse: ({ revision, floor }, failure) => ({ revision, resourceRevision: 0, floor, failure }),
    },
  ),
};

interface Reader<Request, Response> {
  readonly read: (remembering: Remembering, request: Request) => Response;
  readonly refuse: (memory: StoreMemory, failure: ReadRefusal) => Response;
}

function reader<Request extends object, Response>(
  rpc: { readonly request: Codec<Request>; readonly response: Codec<Response> },
  malformed: Request,
  { read, refuse }: Reader<Request, Response>,
): (data: Uint8Array) => Reading {
  return (data) => {
    const request = decoded(rpc.request, data) ?? malformed;
    return {
      isSerializable: "serializable" in request && request.serializable === true,
      answer: (remembering) => rpc.response.encode(read(remembering, request)),
      refuse: (memory, failure) => rpc.response.encode(refuse(memory, failure)),
    };
  };
}

/** Undefined for bytes that are no such message. */
function decoded<T>(codec: Codec<T>, bytes: Uint8Array): T | undefined {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}

// Without mutations or a resource, these are refused as invalid.
const noCommit = { mutations: [], requestId: "" };

function noList() {
  const place = { group: "", resource: "", namespace: "", afterNamespace: "", afterName: "" };
  return { ...place, limit: 0, revision: 0 };
}

function noChanges() {
  const path = { group: "", resource: "", partition: "" };
  return { ...path, afterRevision: 0, withConfidential: false };
}
