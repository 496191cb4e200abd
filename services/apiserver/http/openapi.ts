/** /openapi/v2 and /openapi/v3. */
import { notAcceptable } from "#libs/api/errors.ts";
import { openApiV2Accepted, openApiV2ContentType } from "#libs/schema/openapi/protobuf.ts";
import { commonHeaders, type Exchange } from "./context.ts";
import { methodNotAllowed, unknownResource } from "./missing.ts";
import { parseAccept } from "./negotiate.ts";
import { sendBytes, takesGzip } from "./send.ts";

/** Documents whose URL names their hash never change: they may be kept for a year. */
const yearMs = 365 * 24 * 60 * 60 * 1000;

const kept = ({ door }: Exchange) => ({
  "cache-control": "public, immutable",
  expires: new Date(door.options.world.now() + yearMs).toUTCString(),
});

/** OpenAPI v2 as JSON or protobuf, and v3 by group version. Throws 405 for all but GET. */
export async function serveOpenApi(exchange: Exchange, rest: readonly string[]): Promise<void> {
  const { door, request } = exchange;
  if (request.method !== "GET") throw methodNotAllowed();
  const [version = "", ...path] = rest;
  if (version === "v2" && path.length === 0) {
    if (asksProtobuf(exchange)) {
      return send(exchange, door.openApi.v2Protobuf(), { "content-type": openApiV2ContentType });
    }
    requireJson(exchange);
    return send(exchange, door.openApi.v2(), {});
  }
  if (version !== "v3") throw unknownResource();
  if (path.length === 0) return sendIndex(exchange);
  return sendGroupVersion(exchange, path.join("/"));
}

async function sendIndex(exchange: Exchange): Promise<void> {
  const { door, response } = exchange;
  // Kubernetes leaves the type to Go, which takes the index for text.
  const headers = { ...commonHeaders(exchange), "content-type": "text/plain; charset=utf-8" };
  await sendBytes(response, { status: 200, headers }, door.openApi.index(), false);
}

async function sendGroupVersion(exchange: Exchange, key: string): Promise<void> {
  const { door, query, response } = exchange;
  const document = door.openApi.groupVersion(key);
  if (document === undefined) {
    response.begin(404, commonHeaders(exchange));
    response.end();
    return;
  }
  requireJson(exchange);
  const hash = query.get("hash");
  if (hash !== null && hash !== "" && hash !== document.hash) {
    const location = `/openapi/v3/${key}?hash=${document.hash}`;
    response.begin(301, { ...commonHeaders(exchange), location });
    response.end();
    return;
  }
  return send(exchange, document, hash === null ? {} : kept(exchange));
}

/** kubectl up to 1.28 takes nothing else. */
const asksProtobuf = ({ request }: Exchange): boolean =>
  parseAccept(request.header("accept") ?? "").some(({ type }) => type === openApiV2Accepted);

function requireJson({ request }: Exchange): void {
  const clauses = parseAccept(request.header("accept") ?? "");
  const json = clauses.some(({ type }) => type === "application/json" || type.includes("*"));
  if (clauses.length > 0 && !json) {
    throw notAcceptable("only the following media types are accepted: application/json");
  }
}

async function send(
  exchange: Exchange,
  document: { readonly json: Uint8Array; readonly hash: string },
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const { request, response } = exchange;
  const etag = `"${document.hash}"`;
  const headers = {
    ...commonHeaders(exchange),
    "content-type": "application/json",
    etag,
    vary: "Accept",
    ...more,
  };
  if (request.header("if-none-match") === etag) {
    response.begin(304, headers);
    response.end();
    return;
  }
  await sendBytes(response, { status: 200, headers }, document.json, takesGzip(request));
}
