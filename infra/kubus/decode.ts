/** What a message on the bus says, as JSON: its subject tells of which type it is. Pure. */
import { resources } from "#libs/api/index.ts";
import { type ParsedSubject, Subjects } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/codec.ts";

type Fields = Record<string, unknown>;

/** Names one resource in a message: a key, a target, or the message itself. */
interface ResourceName {
  readonly group?: string;
  readonly resource?: string;
}

/**
 * The message in JSON form, with its type as `@type` and the objects inside it decoded too. Where
 * the subject does not tell the type (answers, or no subject), it is guessed, and `@guessed` says
 * so. Text stays text. Bytes that fit no message come back as `{ base64 }`.
 */
export function decodeMessage(subject: string, payload: Uint8Array): unknown {
  const text = jsonOrText(payload);
  if (text !== undefined) return text;
  const type = typeOf(subject);
  if (type !== undefined) {
    const message = decodeAs(type, payload);
    if (message) return { "@type": type, ...message };
  }
  for (const [name, isLikely] of type === undefined ? guesses : []) {
    const message = decodeAs(name, payload);
    if (message && isLikely(message)) return { "@type": name, "@guessed": true, ...message };
  }
  return { base64: Buffer.from(payload).toString("base64") };
}

/** JetStream's own messages and hand-written control messages are JSON. */
function jsonOrText(payload: Uint8Array): unknown {
  const first = String.fromCharCode(payload[0] ?? 0);
  if (first !== "{" && first !== "[") return undefined;
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return undefined;
  }
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

const actorTypes: Readonly<Record<string, string>> = {
  transition: "kubus.actor.v1.TransitionOccurred",
  state: "kubus.actor.v1.StateRequest",
  control: "kubus.actor.v1.ControlRequest",
};

const nodeTypes: Readonly<Record<string, string>> = {
  log: "kubus.node.v1.ReadLogRequest",
  exec: "kubus.node.v1.ExecRequest",
  attach: "kubus.node.v1.AttachRequest",
  portforward: "kubus.node.v1.PortForwardRequest",
  http: "kubus.node.v1.HttpRequest",
  session: "kubus.node.v1.StreamFrame",
};

/** Message type of a subject; undefined for answers, whose subjects only say who asked. */
function typeOf(subject: string): string | undefined {
  const [prefix = "", area, , first = "", , verb = ""] = subject.split(".");
  const parsed: ParsedSubject | undefined = new Subjects(prefix).parse(subject);
  if (parsed?.area === "watch") return "kubus.watch.v1.ObjectChanged";
  if (parsed) return `kubus.${parsed.area}.v1.${capitalized(parsed.verb)}Request`;
  if (area === "door") return "kubus.api.v1.DoorOpened";
  if (area === "head") return "kubus.watch.v1.HeadsAnnounced";
  if (area === "log") return "kubus.store.v1.LogBatch";
  if (area === "leader") return "kubus.store.v1.LeaderAnnounced";
  if (area === "actor") return actorTypes[verb];
  if (area === "node") return nodeTypes[first];
  return undefined;
}

const has =
  (...names: readonly string[]) =>
  (message: Fields): boolean =>
    names.every((name) => message[name] !== undefined);

/** From the most particular to the most general: a general type fits many bytes. */
const guesses: readonly (readonly [type: string, isLikely: (message: Fields) => boolean])[] = [
  ["kubus.watch.v1.ObjectChanged", has("type", "resource", "name", "revision")],
  ["kubus.actor.v1.TransitionOccurred", has("component", "instance", "to", "at")],
  ["kubus.actor.v1.StateResponse", has("component", "instance", "pid")],
  ["kubus.watch.v1.HeadsAnnounced", has("revision", "heads")],
  ["kubus.store.v1.LogBatch", has("format", "epoch", "crc")],
  ["kubus.store.v1.CommitRequest", has("mutations")],
  ["kubus.api.v1.PatchRequest", has("target", "caller", "type", "patch")],
  ["kubus.api.v1.CreateRequest", has("target", "caller", "object")],
  ["kubus.api.v1.GetRequest", has("target", "caller")],
  ["kubus.api.v1.ListRequest", has("target", "caller")],
  ["kubus.api.v1.DeleteRequest", has("target", "caller")],
  ["kubus.api.v1.ChangesRequest", has("target", "caller")],
  ["kubus.store.v1.GetResponse", has("record", "revision")],
  ["kubus.store.v1.ListResponse", has("records", "revision")],
  ["kubus.store.v1.ChangesResponse", has("changes", "revision")],
  ["kubus.api.v1.ListResponse", has("objects", "resourceVersion")],
  ["kubus.api.v1.CreateResponse", has("object")],
  ["kubus.actor.v1.ControlResponse", has("accepted")],
  ["kubus.store.v1.HeadResponse", has("revision")],
];

/** Undefined when the bytes are not exactly such a message. */
function decodeAs(name: string, payload: Uint8Array): Fields | undefined {
  const codec = codecOf<Fields>(name);
  try {
    const message = codec.decode(payload);
    // A type that skips fields or changes text is not the one that was sent.
    if (!Buffer.from(codec.encode(message)).equals(payload)) return undefined;
    return readable(message, {}) as Fields;
  } catch {
    return undefined;
  }
}

/** Without empty fields; bytes as what they hold, as far as it is known. */
function readable(value: unknown, resource: ResourceName): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map((item) => readable(item, resource));
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Fields;
  const own = resourceOf(fields) ?? resource;
  const entries = Object.entries(fields).flatMap(([name, field]): [string, unknown][] => {
    if (isEmpty(field)) return [];
    return [[name, readableField(name, field, own, fields)]];
  });
  return Object.fromEntries(entries);
}

function readableField(name: string, field: unknown, own: ResourceName, message: Fields): unknown {
  if (name === "status" && field instanceof Uint8Array) return decodeObject(statusMessage, field);
  if (name === "patch" && field instanceof Uint8Array) return jsonOrBase64(field);
  if (name === "objects" && Array.isArray(field)) {
    return field.map((item) => readableField("object", item, own, message));
  }
  if ((name === "value" || name === "object") && field instanceof Uint8Array) {
    const type = message["metadataOnly"] === true ? metadataMessage : messageOf(own);
    return decodeObject(type, field);
  }
  return readable(field, own);
}

const statusMessage = "k8s.meta.v1.Status";
const metadataMessage = "k8s.meta.v1.ObjectMeta";

function isEmpty(field: unknown): boolean {
  if (field === undefined || field === "" || field === 0 || field === false) return true;
  if (typeof field === "string") return field.endsWith("_UNSPECIFIED");
  return (Array.isArray(field) || field instanceof Uint8Array) && field.length === 0;
}

/** A message names its resource itself or in a part: `key` of the store, `target` of the API. */
function resourceOf(fields: Fields): ResourceName | undefined {
  const { key, target, resource } = fields;
  if (typeof resource === "string") return fields as ResourceName;
  const part = key ?? target;
  return typeof part === "object" && part !== null ? (part as ResourceName) : undefined;
}

function messageOf({ group, resource }: ResourceName): string | undefined {
  return resources.find((one) => one.group === group && one.plural === resource)?.message;
}

function decodeObject(message: string | undefined, bytes: Uint8Array): unknown {
  try {
    if (message) return codecOf<unknown>(message).decode(bytes);
  } catch {
    // Of another kind than its place says: the bytes are still worth showing.
  }
  return Buffer.from(bytes).toString("base64");
}

const jsonOrBase64 = (bytes: Uint8Array) =>
  jsonOrText(bytes) ?? Buffer.from(bytes).toString("base64");
