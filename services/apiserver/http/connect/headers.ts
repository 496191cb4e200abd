/** Headers of proxied requests and their answers. Pure. */
import type { IncomingMessage } from "node:http";
import type { Exchange } from "../context.ts";
import type { Headers } from "../exchange.ts";

/** Between two hops, or meant for this server alone. */
const ownHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A page of the cluster's must not invite other sites, as in Kubernetes. */
const corsHeaders: ReadonlySet<string> = new Set([
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
]);

/** What the other side is sent. */
export function forwardedHeaders({ request }: Exchange): Headers {
  const headers: Record<string, string | readonly string[]> = {};
  for (const name of request.headerNames()) {
    if (name.startsWith(":") || name.startsWith("impersonate-") || ownHeaders.has(name)) continue;
    headers[name] = request.headers(name);
  }
  const length = request.header("content-length");
  const upgrade = request.upgrade && request.header("upgrade");
  const host = request.header("host") ?? request.header(":authority") ?? "";
  const before = request.header("x-forwarded-for");
  const { remoteAddress } = request;
  return {
    ...headers,
    ...(length === undefined ? {} : { "content-length": length }),
    ...(upgrade ? { connection: "Upgrade", upgrade } : {}),
    host,
    "x-forwarded-for": before === undefined ? remoteAddress : `${before}, ${remoteAddress}`,
    "x-forwarded-uri": request.path,
    "x-forwarded-host": host,
    "x-forwarded-proto": "https",
  };
}

/** What the client is answered; a redirection leads where the client can follow it. */
export function answeredHeaders(
  message: IncomingMessage,
  { base, auditId }: { readonly base: string; readonly auditId: string },
): Headers {
  const headers: Record<string, string | readonly string[]> = { "audit-id": auditId };
  for (const [name, value] of Object.entries(message.headers)) {
    if (value === undefined || corsHeaders.has(name)) continue;
    if (ownHeaders.has(name) && name !== "content-length") continue;
    headers[name] = name === "location" ? relocated(String(value), base) : value;
  }
  return headers;
}

/** Absolute paths of the other side lie below the proxy's own. */
function relocated(location: string, base: string): string {
  if (location.startsWith("/") && !location.startsWith("//")) return `${base}${location}`;
  return location;
}

/** The head of an answer as it came, for a connection that changes its protocol. */
export function headBytes({ statusCode, statusMessage, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`HTTP/1.1 ${statusCode ?? 101} ${statusMessage ?? ""}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index] ?? ""}: ${rawHeaders[index + 1] ?? ""}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
