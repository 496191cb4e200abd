/** pods/exec, pods/attach and pods/portforward: from the request to the kubelet's session. */
import type { Session } from "#libs/bus/session/index.ts";
import { refusal } from "../auth/refuse.ts";
import { chooseContainer } from "../http/connect/container.ts";
import type { Exchange } from "../http/context.ts";
import type { Place } from "../registry/request.ts";
import { runCommand } from "./command.ts";
import { endingWith, podAt, requireNode } from "./target.ts";
import { NodeRefusal } from "./node.ts";
import { commandOptions, type CommandOptions, requireStreams } from "./options.ts";
import { servePortForward } from "./portforward/serve.ts";
import {
  commandChannelNames,
  commandChannels,
  commandStreamNames,
  commandStreams,
} from "./protocols.ts";
import { expectedStreams, spdyClient, StreamGatherer } from "./spdy/command.ts";
import { acceptSpdy, answerRefusal, noProtocol, type Offer, offerOf } from "./upgrade.ts";
import { socketClient } from "./websocket/command.ts";
import { acceptWebSocket } from "./websocket/socket.ts";

export type StreamName = "exec" | "attach" | "portforward";

/** Serves a stream to its end. Throws StatusError for what is wrong with the request. */
export async function serveStream(
  exchange: Exchange,
  stream: StreamName,
  place: Place,
): Promise<void> {
  await authorizeCreate(exchange);
  try {
    if (stream === "portforward") await servePortForward(exchange, place);
    else await serveCommand(exchange, stream, place);
  } catch (error) {
    if (!(error instanceof NodeRefusal)) throw error;
    return answerRefusal(exchange, error);
  }
}

/**
 * A WebSocket begins with a GET: who may only read pods is not to run commands in them. As
 * Kubernetes' AuthorizePodWebsocketUpgradeCreatePermission. Throws Forbidden.
 */
async function authorizeCreate({ door, user, info }: Exchange): Promise<void> {
  if (info.verb === "create") return;
  const attributes = { ...info, user, verb: "create" };
  const { decision, reason } = await door.authorizer(attributes);
  if (decision !== "allow") throw refusal(attributes, reason);
}

async function serveCommand(
  exchange: Exchange,
  verb: "exec" | "attach",
  place: Place,
): Promise<void> {
  const options = commandOptions(exchange.query);
  const target = await podAt(exchange, place);
  const container = chooseContainer(target.pod, options.container);
  requireNode(target);
  const offer = offerOf(exchange);
  requireStreams(options);
  const serve = offer.kind === "websocket" ? overWebSocket : overSpdy;
  await serve(exchange, offer, options, () => {
    const { nodes } = exchange.door.options;
    const { stdin, stdout, stderr, tty, command } = options;
    const common = { ...target.names, container, stdin, stdout, stderr, tty };
    if (verb === "attach") return nodes.open(target.node, "attach", common);
    return nodes.open(target.node, "exec", { ...common, command: [...command] });
  });
}

type Open = () => Promise<Session>;

async function overWebSocket(
  { door }: Exchange,
  offer: Offer,
  options: CommandOptions,
  open: Open,
): Promise<void> {
  const protocol = commandChannels(offer.offered);
  if (!protocol) return noProtocol(offer, commandChannelNames);
  const session = endingWith(door.options.signal, await open());
  const socket = await acceptWebSocket(offer.upgrade, protocol.name, door.options.world);
  await runCommand(session, await socketClient(socket, protocol, options));
}

async function overSpdy(
  { door }: Exchange,
  offer: Offer,
  options: CommandOptions,
  open: Open,
): Promise<void> {
  const protocol = commandStreams(offer.offered);
  if (!protocol) return noProtocol(offer, commandStreamNames);
  const session = endingWith(door.options.signal, await open());
  const streams = new StreamGatherer(expectedStreams(options, protocol));
  const { world } = door.options;
  const onStream = streams.add.bind(streams);
  const connection = acceptSpdy(offer, protocol.name, { world, onStream });
  if (await streams.isComplete(world, connection.signal)) {
    await runCommand(session, spdyClient(connection, streams, options, protocol));
    return;
  }
  session.finish();
  await connection.end();
}
