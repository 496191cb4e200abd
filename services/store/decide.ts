/** What a commit does to the keys that it names: all of it, or a refusal. Pure. */
import type { CommitFailure, CommitRequest, Key, Mutation } from "#proto/gen/kubus/store/v1.ts";

/** The newest version of a key that is there. */
export interface KeyHead {
  readonly revision: number;
  readonly partition: string;
}

/** The state that commits are decided on: what is durable, and what is on its way before them. */
export interface View {
  /** Undefined when there is no such key. */
  head(key: Key): KeyHead | undefined;
}

export interface Limits {
  /** Bytes of one value. Kubernetes' own limit is 1.5 MiB. */
  readonly valueBytesMax: number;
  /** Bytes of all values and keys of one commit: it must fit one message of the log. */
  readonly commitBytesMax: number;
  readonly mutationsMax: number;
}

export type WriteType = "MUTATION_TYPE_CREATE" | "MUTATION_TYPE_UPDATE" | "MUTATION_TYPE_DELETE";

/** One decided change; applying it cannot fail. */
export interface Write {
  readonly type: WriteType;
  readonly key: Key;
  readonly value: Uint8Array;
  /** Never empty: what belongs to no partition is in "_". */
  readonly partition: string;
  readonly confidential: boolean;
  /** Milliseconds since 1970; 0 never. */
  readonly expiresAtMs: number;
  readonly revision: number;
  /** "" on all but the last write of a commit that has one. */
  readonly requestId: string;
}

export interface Accepted {
  readonly type: "Accepted";
  readonly writes: readonly Write[];
  /** Roughly what the writes take in the log. */
  readonly bytes: number;
}

export interface Refused {
  readonly type: "Refused";
  readonly failure: CommitFailure;
  readonly failedIndex: number;
  readonly message: string;
}

export type Decision = Accepted | Refused;

export interface CommitInput {
  readonly request: CommitRequest;
  readonly view: View;
  readonly limits: Limits;
  /** Revision that the first write gets. */
  readonly nextRevision: number;
  readonly nowMs: number;
}

/** Its subject token; "" in a request for changes means all of a resource. */
const noPartition = "_";
const noBytes = new Uint8Array(0);
const recordOverheadBytes = 64;
/** Escaped three times as long, a key still fits the 4 KiB control line of a NATS server. */
const keyBytesMax = 1_000;
const requestIdLengthMax = 256;
const controlCharacter = /\p{Cc}/u;

/**
 * Decides a commit. Mutations are judged against the state before the commit; each write takes the
 * next revision. A key may be written once; it may also be checked.
 */
export function decideCommit({
  request,
  view,
  limits,
  nextRevision,
  nowMs,
}: CommitInput): Decision {
  const { mutations, requestId } = request;
  const malformed = malformedRequest(request, limits);
  if (malformed) return malformed;

  const writes: Write[] = [];
  const lastWrite = mutations.findLastIndex(({ type }) => type !== "MUTATION_TYPE_CHECK");
  let bytes = 0;
  for (const [index, mutation] of mutations.entries()) {
    const { key, type } = mutation;
    if (!key) return refused("COMMIT_FAILURE_INVALID", index, "the key is missing");
    const head = view.head(key);
    const conflict = conflictOf(mutation, key, head);
    if (conflict) return refused(conflict.failure, index, conflict.message);
    if (type === "MUTATION_TYPE_CHECK") continue;

    bytes += sizeOf(mutation, key);
    if (bytes > limits.commitBytesMax) {
      const text = `the commit is larger than ${limits.commitBytesMax} bytes`;
      return refused("COMMIT_FAILURE_TOO_LARGE", index, text);
    }
    const revision = nextRevision + writes.length;
    const id = index === lastWrite ? requestId : "";
    writes.push(writeOf(mutation, key, head, revision, nowMs, id));
  }
  return { type: "Accepted", writes, bytes };
}

/** What is wrong with a request whatever the state is. */
function malformedRequest(request: CommitRequest, limits: Limits): Refused | undefined {
  const { mutations, requestId } = request;
  if (mutations.length === 0) return refused("COMMIT_FAILURE_INVALID", 0, "no mutations");
  if (mutations.length > limits.mutationsMax) {
    const text = `more than ${limits.mutationsMax} mutations`;
    return refused("COMMIT_FAILURE_TOO_LARGE", limits.mutationsMax, text);
  }
  if (requestId.length > requestIdLengthMax) {
    const text = `the request id is longer than ${requestIdLengthMax} characters`;
    return refused("COMMIT_FAILURE_INVALID", 0, text);
  }
  for (const [index, mutation] of mutations.entries()) {
    const fault = malformedMutation(mutation);
    if (fault) return refused("COMMIT_FAILURE_INVALID", index, fault);
    if (mutation.value.length > limits.valueBytesMax) {
      const text = `the value has ${mutation.value.length} bytes, at most ${limits.valueBytesMax}`;
      return refused("COMMIT_FAILURE_TOO_LARGE", index, text);
    }
  }
  const twice = mutations.length > 1 ? writtenTwice(mutations) : -1;
  return twice < 0
    ? undefined
    : refused("COMMIT_FAILURE_INVALID", twice, "the key is written twice in one commit");
}

function malformedMutation({ type, key, partition, value }: Mutation): string | undefined {
  if (!knownTypes.has(type)) return `unknown mutation type ${type}`;
  if (!key) return "the key is missing";
  if (key.resource === "" || key.name === "") return "the key needs a resource and a name";
  const text = `${key.group}${key.resource}${key.namespace}${key.name}${partition}`;
  if (controlCharacter.test(text)) return "the key has a control character";
  if (text.length > keyBytesMax || utf8Length(text) > keyBytesMax) {
    return `the key has more than ${keyBytesMax} bytes`;
  }
  const isValued = type === "MUTATION_TYPE_CREATE" || type === "MUTATION_TYPE_UPDATE";
  return !isValued && value.length > 0 ? "the mutation takes no value" : undefined;
}

const knownTypes: ReadonlySet<string> = new Set([
  "MUTATION_TYPE_CREATE",
  "MUTATION_TYPE_UPDATE",
  "MUTATION_TYPE_DELETE",
  "MUTATION_TYPE_CHECK",
]);

/** Index of the first write of a key that an earlier mutation writes; -1 when there is none. */
function writtenTwice(mutations: readonly Mutation[]): number {
  const written = new Set<string>();
  for (const [index, { type, key }] of mutations.entries()) {
    if (type === "MUTATION_TYPE_CHECK" || !key) continue;
    const text = keyText(key);
    if (written.has(text)) return index;
    written.add(text);
  }
  return -1;
}

type Conflict = { readonly failure: CommitFailure; readonly message: string };

function conflictOf(
  { type, expectedRevision }: Mutation,
  key: Key,
  head: KeyHead | undefined,
): Conflict | undefined {
  if (type === "MUTATION_TYPE_CREATE") {
    return head && { failure: "COMMIT_FAILURE_EXISTS", message: `${keyText(key)} exists` };
  }
  const isCheck = type === "MUTATION_TYPE_CHECK";
  if (isCheck && expectedRevision === 0) {
    return head && { failure: "COMMIT_FAILURE_EXISTS", message: `${keyText(key)} exists` };
  }
  if (!head) return { failure: "COMMIT_FAILURE_NOT_FOUND", message: `${keyText(key)} is absent` };
  if (expectedRevision === 0 || expectedRevision === head.revision) return undefined;
  const message = `${keyText(key)} is at revision ${head.revision}, not ${expectedRevision}`;
  return { failure: "COMMIT_FAILURE_REVISION_MISMATCH", message };
}

function writeOf(
  mutation: Mutation,
  key: Key,
  head: KeyHead | undefined,
  revision: number,
  nowMs: number,
  requestId: string,
): Write {
  const { value, confidential, ttlSeconds } = mutation;
  const type = mutation.type as WriteType;
  if (type === "MUTATION_TYPE_DELETE") {
    // The tombstone is routed to those who saw the object, wherever the writer thought it was.
    const partition = head?.partition ?? noPartition;
    return {
      type,
      key,
      value: noBytes,
      partition,
      confidential,
      expiresAtMs: 0,
      revision,
      requestId,
    };
  }
  const expiresAtMs = ttlSeconds === 0 ? 0 : nowMs + ttlSeconds * 1000;
  const partition = mutation.partition || noPartition;
  return { type, key, value, partition, confidential, expiresAtMs, revision, requestId };
}

const refused = (failure: CommitFailure, failedIndex: number, message: string): Refused => ({
  type: "Refused",
  failure,
  failedIndex,
  message,
});

/** One text per key, for maps and messages. */
export const keyText = ({ group, resource, namespace, name }: Key): string =>
  `${group}/${resource}/${namespace}/${name}`;

const sizeOf = ({ value, partition }: Mutation, { group, resource, namespace, name }: Key) =>
  value.length +
  partition.length +
  group.length +
  resource.length +
  namespace.length +
  name.length +
  recordOverheadBytes;

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
