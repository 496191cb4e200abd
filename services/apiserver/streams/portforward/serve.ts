/** pods/portforward: over SPDY, SPDY in a WebSocket, or channels of a WebSocket. */
import type { Session } from "#libs/bus/session/index.ts";
import type { Exchange } from "../../http/context.ts";
import type { Place } from "../../registry/request.ts";
import { forwardedPorts } from "../options.ts";
import {
  forwardChannelNames,
  forwardChannels,
  forwardStreamNames,
  forwardStreams,
  tunnelProtocol,
} from "../protocols.ts";
import { SpdyConnection } from "../spdy/connection.ts";
import { endingWith, podAt, requireNode } from "../target.ts";
import { acceptSpdy, noProtocol, type Offer, offerOf } from "../upgrade.ts";
import { acceptWebSocket } from "../websocket/socket.ts";
import { forwardChannelled } from "./channels.ts";
import { Forwarder } from "./spdy.ts";

type Open = (port: number) => Promise<Session>;

/** Serves forwarded connections until the client leaves. */
export async function servePortForward(exchange: Exchange, place: Place): Promise<void> {
  const { signal, nodes } = exchange.door.options;
  const target = await podAt(exchange, place);
  requireNode(target);
  const offer = offerOf(exchange);
  const open: Open = async (port) =>
    endingWith(signal, await nodes.open(target.node, "portforward", { ...target.names, port }));
  if (offer.kind === "spdy") return overSpdy(exchange, offer, open);
  if (offer.offered.includes(tunnelProtocol)) return overTunnel(exchange, offer, open);
  return overChannels(exchange, offer, open);
}

async function overSpdy({ door }: Exchange, offer: Offer, open: Open): Promise<void> {
  const protocol = forwardStreams(offer.offered);
  if (protocol === undefined) return noProtocol(offer, forwardStreamNames);
  const { world, signal } = door.options;
  const forwarder = new Forwarder({ world, open });
  const onStream = forwarder.add.bind(forwarder);
  return untilOver(acceptSpdy(offer, protocol, { world, onStream }), signal);
}

async function overTunnel({ door }: Exchange, offer: Offer, open: Open): Promise<void> {
  const { world, signal } = door.options;
  const forwarder = new Forwarder({ world, open });
  const socket = await acceptWebSocket(offer.upgrade, tunnelProtocol, world);
  const connection = new SpdyConnection({
    world,
    socket: socket.duplex(),
    head: Buffer.alloc(0),
    onStream: forwarder.add.bind(forwarder),
  });
  return untilOver(connection, signal);
}

/** Resolves when the client has left, or the server ends. */
async function untilOver(connection: SpdyConnection, ending: AbortSignal): Promise<void> {
  const either = AbortSignal.any([connection.signal, ending]);
  if (!either.aborted) {
    await new Promise<void>((resolve) =>
      either.addEventListener("abort", () => resolve(), { once: true }),
    );
  }
  await connection.end();
}

async function overChannels(exchange: Exchange, offer: Offer, open: Open): Promise<void> {
  const protocol = forwardChannels(offer.offered);
  if (!protocol) return noProtocol(offer, forwardChannelNames);
  const ports = forwardedPorts(exchange.query);
  const sessions = await Promise.all(
    ports.map(async (port) => ({ port, session: await open(port) })),
  );
  const { world } = exchange.door.options;
  const socket = await acceptWebSocket(offer.upgrade, protocol.name, world);
  return forwardChannelled(socket, protocol, sessions);
}
