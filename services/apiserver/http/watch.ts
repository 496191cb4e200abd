/** Watch streams: events as the client wants them, each encoded once for all who watch. */
import { toStatusError } from "#libs/api/errors.ts";
import { goJson } from "#libs/api/gotext.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import type { Version, WatchEvent } from "../registry/request.ts";
import { partialItem, partialMessage, partialObject } from "./encode/partial.ts";
import { envelope, versionMessage, watchFrame } from "./encode/protobuf.ts";
import { statusMessage } from "./encode/status-message.ts";
import { columnsOf, table, type IncludeObject } from "./encode/table.ts";
import type { HttpResponse } from "./exchange.ts";
import type { Conversion, Media } from "./negotiate.ts";

export interface WatchView {
  readonly definition: ResourceDefinition;
  readonly media: Media;
  readonly include: IncludeObject;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Content type of the stream: JSON says nothing of being one. */
export const watchContentType = ({ encoding }: Media): string =>
  encoding === "protobuf" ? "application/vnd.kubernetes.protobuf;stream=watch" : "application/json";

/** Makes the bytes of events; a table shows its columns in the first event only. */
export function eventEncoder(view: WatchView): (event: WatchEvent) => Uint8Array {
  let first = true;
  return (event) => {
    const bytes = encodeEvent(event, view, first);
    first = false;
    return bytes;
  };
}

function encodeEvent(event: WatchEvent, view: WatchView, first: boolean): Uint8Array {
  if (event.type === "ERROR") return errorEvent(event.status, view.media);
  if (event.type === "BOOKMARK") return bookmarkEvent(event, view, first);
  const { conversion, encoding } = view.media;
  if (conversion.type === "table") return tableEvent(event.type, event.version, view, first);
  const form = `${event.type} ${encoding} ${formOf(conversion)}`;
  return remembered(event.version, form, () => {
    if (encoding === "protobuf") return watchFrame(event.type, message(event.version, conversion));
    return jsonEvent(event.type, objectJson(event.version, conversion));
  });
}

const formOf = (conversion: Conversion): string =>
  conversion.type === "partial" ? conversion.version : "whole";

const encoded = new WeakMap<Version, Map<string, Uint8Array>>();

/** Bytes of one version in one form, made once whoever watches. */
function remembered(version: Version, form: string, make: () => Uint8Array): Uint8Array {
  const forms = encoded.get(version) ?? new Map<string, Uint8Array>();
  const known = forms.get(form);
  if (known !== undefined) return known;
  const made = make();
  forms.set(form, made);
  encoded.set(version, forms);
  return made;
}

function objectJson(version: Version, conversion: Conversion): Uint8Array {
  if (conversion.type !== "partial") return version.json;
  return partialItem(version, `meta.k8s.io/${conversion.version}`).subarray(1);
}

function message(version: Version, conversion: Conversion): Uint8Array {
  if (conversion.type !== "partial") return versionMessage(version);
  const apiVersion = `meta.k8s.io/${conversion.version}`;
  return envelope({ apiVersion, kind: "PartialObjectMetadata" }, partialMessage(version));
}

const end = Buffer.from("}\n");

const jsonEvent = (type: string, object: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, end]);

const textEvent = (type: string, object: unknown): Uint8Array =>
  Buffer.from(`{"type":"${type}","object":${goJson(object)}}\n`);

function tableEvent(type: string, version: Version, view: WatchView, first: boolean): Uint8Array {
  const { conversion } = view.media;
  if (conversion.type !== "table") throw new TypeError("not a table");
  const apiVersion = `meta.k8s.io/${conversion.version}`;
  const { resourceVersion = "" } = version.object.metadata ?? {};
  const columns = first ? columnsOf(version) : null;
  const options = { apiVersion, include: view.include, now: view.now() };
  return textEvent(type, table(columns, [version], { resourceVersion }, options));
}

function errorEvent(status: Status, { encoding }: Media): Uint8Array {
  if (encoding !== "protobuf") return textEvent("ERROR", status);
  const type = { apiVersion: "v1", kind: "Status" };
  return watchFrame("ERROR", envelope(type, statusMessage(status)));
}

function bookmarkEvent(
  { resourceVersion, initialEventsEnd }: Extract<WatchEvent, { type: "BOOKMARK" }>,
  { definition, media, include, now }: WatchView,
  first: boolean,
): Uint8Array {
  const annotations = initialEventsEnd ? { "k8s.io/initial-events-end": "true" } : undefined;
  const metadata = { resourceVersion, ...(annotations ? { annotations } : {}) };
  const object = { kind: definition.kind, apiVersion: apiVersionOf(definition), metadata };
  if (media.encoding === "protobuf") {
    return watchFrame("BOOKMARK", bookmarkMessage(object, media, definition));
  }
  if (media.conversion.type === "none") return textEvent("BOOKMARK", object);
  const apiVersion = `meta.k8s.io/${media.conversion.version}`;
  if (media.conversion.type === "partial") {
    return textEvent("BOOKMARK", partialObject({ object }, apiVersion));
  }
  const columns = first ? columnsOf({ definition, object }) : null;
  const options = { apiVersion, include, now: now() };
  const shown = table(columns, [{ definition, object }], { resourceVersion }, options);
  return textEvent("BOOKMARK", shown);
}

function bookmarkMessage(
  object: KubeObject,
  { conversion }: Media,
  definition: ResourceDefinition,
): Uint8Array {
  const { metadata, apiVersion = "", kind = "" } = object;
  if (conversion.type === "partial") {
    const bytes = codecOf<object>("k8s.meta.v1.PartialObjectMetadata").encode({ metadata });
    const type = {
      apiVersion: `meta.k8s.io/${conversion.version}`,
      kind: "PartialObjectMetadata",
    };
    return envelope(type, bytes);
  }
  return envelope({ apiVersion, kind }, codecOf<object>(definition.message).encode({ metadata }));
}

export interface WatchSink {
  deliver(events: readonly WatchEvent[]): void;
  /** Begins the answer and writes what was delivered before. */
  open(headers: Readonly<Record<string, string>>): void;
  end(): void;
}

/** An event that cannot be written ends the one stream that wanted it, and no other. */
function guarded(encode: (event: WatchEvent) => Uint8Array, { media }: WatchView) {
  return (event: WatchEvent): Encoding => {
    try {
      return { bytes: encode(event), last: event.type === "ERROR" };
    } catch (error) {
      return { bytes: errorEvent(toStatusError(error).status, media), last: true };
    }
  };
}

interface Encoding {
  readonly bytes: Uint8Array;
  /** Nothing may follow. */
  readonly last: boolean;
}

/** Events up to this many bytes leave in one write. */
const writeBytesMax = 64 * 1024;

/**
 * Writes events to one client. A client that lets more than `bufferBytesMax` wait is cut off: it
 * will come back from the last event that it saw.
 */
export function watchSink(
  response: HttpResponse,
  view: WatchView,
  bufferBytesMax: number,
  onEnd: () => void,
): WatchSink {
  const encode = guarded(eventEncoder(view), view);
  let early: WatchEvent[] | undefined = [];
  let ended = false;

  const end = () => {
    if (ended) return;
    ended = true;
    onEnd();
    response.end();
  };

  const write = (events: readonly WatchEvent[]) => {
    let batch: Uint8Array[] = [];
    let size = 0;
    let over = false;
    const flush = () => {
      if (batch.length > 0) response.write(joined(batch));
      batch = [];
      size = 0;
    };
    for (const event of events) {
      const { bytes, last } = encode(event);
      batch.push(bytes);
      size += bytes.length;
      over = last;
      if (last) break;
      if (size >= writeBytesMax) flush();
    }
    flush();
    if (response.waitingBytes > bufferBytesMax) {
      ended = true;
      onEnd();
      response.destroy();
    } else if (over) {
      end();
    }
  };

  return {
    deliver: (events) => {
      if (ended || response.closed) return;
      if (early === undefined) write(events);
      else early.push(...events);
    },
    open: (headers) => {
      response.begin(200, headers);
      response.flush();
      const waiting = early ?? [];
      early = undefined;
      if (waiting.length > 0) write(waiting);
    },
    end,
  };
}

const joined = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
