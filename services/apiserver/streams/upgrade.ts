/** The first words of a stream: what the client wants to speak, and the answer to that. */
import { badRequest } from "#libs/api/errors.ts";
import { commonHeaders, type Exchange } from "../http/context.ts";
import type { HttpRequest, Upgrade } from "../http/exchange.ts";
import { NodeRefusal } from "./node.ts";
import { spdyUpgrade, tokensOf } from "./protocols.ts";
import { SpdyConnection, type SpdyOptions } from "./spdy/connection.ts";

/** What a client that changes the protocol offers. */
export interface Offer {
  readonly upgrade: Upgrade;
  readonly kind: "websocket" | "spdy";
  /** Subprotocols, the client's favourite first. */
  readonly offered: readonly string[];
}

/** Throws BadRequest for a request that is no upgrade, and for one to anything else. */
export function offerOf({ request }: Exchange): Offer {
  const { upgrade } = request;
  const wanted = request.header("upgrade")?.toLowerCase() ?? "";
  if (upgrade && wanted === "websocket") {
    requireHandshake(request);
    const offered = tokensOf(request.headers("sec-websocket-protocol"));
    return { upgrade, kind: "websocket", offered };
  }
  if (upgrade && wanted === spdyUpgrade.toLowerCase()) {
    const offered = tokensOf(request.headers("x-stream-protocol-version"));
    return { upgrade, kind: "spdy", offered };
  }
  if (!upgrade) throw badRequest("Upgrade request required");
  const why = `unable to upgrade: missing upgrade headers in request: ${request.header("upgrade")}`;
  throw new NodeRefusal(400, why);
}

const handshakeKey = /^[+/0-9A-Za-z]{22}==$/;

/** Throws what is wrong with a WebSocket's first words, while it can still be told. */
function requireHandshake(request: HttpRequest): void {
  const isWhole =
    request.method === "GET" &&
    request.header("sec-websocket-version") === "13" &&
    handshakeKey.test(request.header("sec-websocket-key") ?? "");
  if (!isWhole) throw new NodeRefusal(400, "bad handshake: this is no WebSocket of version 13");
}

const listText = (names: readonly string[]) => `[${names.join(" ")}]`;

/** Throws the refusal of a client that offers nothing that is spoken here. */
export function noProtocol({ kind, offered }: Offer, accepted: readonly string[]): never {
  const supports = listText(accepted);
  throw new NodeRefusal(
    403,
    kind === "spdy"
      ? "unable to upgrade: unable to negotiate protocol: " +
          `client supports ${listText(offered)}, server accepts ${supports}`
      : `requested protocol(s) are not supported: ${listText(offered)}; supports ${supports}`,
    kind === "spdy" ? accepted : [],
  );
}

/** A refusal's words, or a Status' message, on a stream that has begun already. */
export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Changes to SPDY. `protocol` "": none is named, as for the oldest clients. */
export function acceptSpdy(
  { upgrade }: Offer,
  protocol: string,
  options: Pick<SpdyOptions, "world" | "onStream">,
): SpdyConnection {
  const { socket, head } = upgrade.take();
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    `Upgrade: ${spdyUpgrade}`,
    ...(protocol === "" ? [] : [`X-Stream-Protocol-Version: ${protocol}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return new SpdyConnection({ ...options, socket, head });
}

/** Tells what the kubelet, or the change of protocols, refused: a status and a line of text. */
export function answerRefusal(exchange: Exchange, refusal: NodeRefusal): void {
  const { response } = exchange;
  if (response.begun || response.closed) return response.destroy();
  const { code, message, accepted } = refusal;
  response.begin(code, {
    ...commonHeaders(exchange),
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    ...(accepted.length > 0 ? { "x-accepted-stream-protocol-versions": accepted } : {}),
  });
  response.end(`${message}\n`);
}
