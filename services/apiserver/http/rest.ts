/** REST verbs: from the request to the registry and back. */
import type { KubeObject, Subresource } from "#libs/api/resource.ts";
import type { Place, Written } from "../registry/request.ts";
import { decodeObject, type ExpectedKind } from "./body/decode.ts";
import { bodyEncoding } from "./body/media-type.ts";
import { decodePatch, patchType } from "./body/patch.ts";
import { readBody } from "./body/read.ts";
import { commonHeaders, mediaRequest, type Exchange } from "./context.ts";
import { encodeList, encodeVersion, type View } from "./encode/answer.ts";
import { encodeDocument } from "./encode/status.ts";
import { includeObject } from "./encode/table.ts";
import { listOffer, negotiate, negotiateWatch, objectOffer, type Offer } from "./negotiate.ts";
import { deleteOptions } from "./options/delete.ts";
import { listOptions, watchOptions } from "./options/list.ts";
import { patchOptions, writeOptions } from "./options/write.ts";
import type { RestVerb } from "./routes.ts";
import { sendBytes, sendParts, takesGzip } from "./send.ts";
import { watchContentType, watchSink, type WatchView } from "./watch.ts";

/** Serves one verb on one resource or object. */
export function serveResource(exchange: Exchange, verb: RestVerb, place: Place): Promise<void> {
  return verbs[verb](exchange, place);
}

type Serve = (exchange: Exchange, place: Place) => Promise<void>;

const verbs: Readonly<Record<RestVerb, Serve>> = {
  get: serveGet,
  list: serveList,
  watch: serveWatch,
  create: serveCreate,
  update: serveUpdate,
  patch: servePatch,
  delete: serveDelete,
  deletecollection: serveDeleteCollection,
};

function viewOf(exchange: Exchange, offer: Offer): View {
  const { door, request, query } = exchange;
  const media = negotiate(mediaRequest(request, query), offer);
  const include = media.conversion.type === "table" ? includeObject(query) : "Metadata";
  return { media, include, now: door.options.world.now() };
}

async function serveGet(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query } = exchange;
  const view = viewOf(exchange, objectOffer);
  const resourceVersion = query.get("resourceVersion") ?? "";
  const version = await door.options.registry.get(caller, place, { resourceVersion });
  await sendVersion(exchange, { code: 200, version, warnings: [] }, view);
}

async function serveList(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request, response } = exchange;
  const view = viewOf(exchange, listOffer);
  const options = listOptions(query);
  const listed = await door.options.registry.list(caller, place, options);
  const { contentType, parts } = encodeList(place.definition, listed, view);
  const headers = { ...commonHeaders(exchange), "content-type": contentType };
  await sendParts(response, { status: 200, headers }, parts, takesGzip(request));
}

/** Watches end after a while of their own, so that clients spread over servers again. */
const watchSecondsMin = 1800;
/** Timers reach no further than 24 days. */
const watchSecondsMax = 20 * 24 * 3600;

async function serveWatch(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request, response } = exchange;
  const { world, registry, signal } = door.options;
  const media = negotiateWatch(mediaRequest(request, query));
  const include = media.conversion.type === "table" ? includeObject(query) : "Metadata";
  const options = watchOptions(query);
  const view: WatchView = { definition: place.definition, media, include, now: world.now };
  const releases: (() => void)[] = [];
  const release = () => {
    for (const step of releases.splice(0)) step();
  };
  const sink = watchSink(response, view, door.limits.watchBufferBytesMax, release);
  const single = singleName(place, options.fieldSelector ?? "");
  const seconds = options.timeoutSeconds ?? 0;
  const wanted = seconds > 0 ? seconds : watchSecondsMin * (1 + world.random());
  const timeoutSeconds = Math.min(wanted, watchSecondsMax);
  const watch = await registry.watch(
    caller,
    single.place,
    { ...options, fieldSelector: single.fieldSelector, timeoutSeconds },
    (events) => {
      door.metrics.watchEvents(exchange.info, events.length);
      sink.deliver(events);
    },
  );
  releases.push(() => watch.stop());
  exchange.flow.leave?.();
  if (response.closed || signal.aborted) {
    release();
    response.end();
    return;
  }
  releases.push(
    world.after(timeoutSeconds * 1000, sink.end),
    door.metrics.watchOpened(exchange.info),
  );
  signal.addEventListener("abort", sink.end, { once: true });
  releases.push(() => signal.removeEventListener("abort", sink.end));
  response.onClose(release);
  sink.open({ ...commonHeaders(exchange), "content-type": watchContentType(media) });
}

/** A watch of one name, as the deprecated path asks for it, is a field selector. */
function singleName(place: Place, fieldSelector: string): { place: Place; fieldSelector: string } {
  if (place.name === "") return { place, fieldSelector };
  const term = `metadata.name=${place.name}`;
  const both = fieldSelector === "" ? term : `${term},${fieldSelector}`;
  return { place: { ...place, name: "" }, fieldSelector: both };
}

async function serveCreate(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request } = exchange;
  const view = viewOf(exchange, objectOffer);
  const encoding = bodyEncoding(request.header("content-type"));
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  const options = writeOptions(query, "CreateOptions");
  const body = decodeObject(bytes, encoding, expectedKind(place));
  const written = await door.options.registry.create(caller, place, body, options);
  await sendVersion(exchange, written, view);
}

async function serveUpdate(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request } = exchange;
  const view = viewOf(exchange, objectOffer);
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  const options = writeOptions(query, "UpdateOptions");
  const encoding = bodyEncoding(request.header("content-type"));
  const body = decodeObject(bytes, encoding, expectedKind(place));
  const written = await door.options.registry.update(caller, place, body, options);
  await sendVersion(exchange, written, view);
}

async function servePatch(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request } = exchange;
  const type = patchType(request.header("content-type"));
  const view = viewOf(exchange, objectOffer);
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  const options = patchOptions(query, type);
  const body = decodePatch(bytes, type);
  const { registry } = door.options;
  await sendVersion(exchange, await registry.patch(caller, place, type, body, options), view);
}

async function serveDelete(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request, response } = exchange;
  const view = viewOf(exchange, objectOffer);
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  const options = deleteOptions(query, bytes, request.header("content-type"));
  const deleted = await door.options.registry.delete(caller, place, options);
  if (deleted.type === "object") {
    // Clients that asked not to orphan in the old way are told that it takes a while.
    const code = options.orphanDependents === false ? 202 : 200;
    const { version, warnings } = deleted;
    await sendVersion(exchange, { code, version, warnings }, view);
    return;
  }
  const document = { kind: "Status", apiVersion: "v1", metadata: {}, ...deleted.status };
  const { contentType, bytes: text } = encodeDocument(document, view.media);
  const headers = answerHeaders(exchange, contentType, deleted.warnings);
  await sendBytes(response, { status: 200, headers }, text, false);
}

async function serveDeleteCollection(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, request, response } = exchange;
  const view = viewOf(exchange, objectOffer);
  const list = listOptions(query);
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  const options = deleteOptions(query, bytes, request.header("content-type"));
  const deleted = await door.options.registry.deleteCollection(caller, place, list, options);
  const { contentType, parts } = encodeList(place.definition, deleted, view);
  const headers = answerHeaders(exchange, contentType, deleted.warnings ?? []);
  await sendParts(response, { status: 200, headers }, parts, takesGzip(request));
}

interface Answered extends Omit<Written, "code"> {
  readonly code: number;
}

async function sendVersion(
  exchange: Exchange,
  { code, version, warnings }: Answered,
  view: View,
): Promise<void> {
  const { request, response } = exchange;
  const { contentType, bytes } = encodeVersion(version, view);
  const headers = answerHeaders(exchange, contentType, warnings);
  await sendBytes(response, { status: code, headers }, bytes, takesGzip(request));
}

function answerHeaders(exchange: Exchange, contentType: string, warnings: readonly string[]) {
  return { ...commonHeaders(exchange, warnings), "content-type": contentType };
}

/** What a body must be: the resource's own kind, or that of its subresource. */
function expectedKind({ definition, subresource }: Place): ExpectedKind {
  const found = definition.subresources.find(({ name }) => name === subresource);
  return found === undefined ? definition : subresourceKind(found, definition);
}

/**
 * The kind that the body of a subresource is: its own, a Scale, or that of the whole object.
 */
export function subresourceKind(
  subresource: Subresource<KubeObject>,
  definition: ExpectedKind,
): ExpectedKind {
  if (subresource.type === "scale") return { group: "autoscaling", version: "v1", kind: "Scale" };
  return subresource.type === "action" ? subresource : definition;
}
