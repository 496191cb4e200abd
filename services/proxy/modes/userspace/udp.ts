/** A UDP port that passes each client's datagrams to one endpoint, and the answers back. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { World } from "#libs/actor/world.ts";
import type { Endpoint } from "../../decide.ts";
import { endpointId, type Balancer } from "./balancer.ts";
import type { OpenPort } from "./ports.ts";

/** Milliseconds without a datagram after which a conversation is over; as conntrack's default. */
const idleMsMax = 30_000;
/** Conversations of one listener; above it the longest silent one is ended. */
const conversationsMax = 1_024;

interface Conversation {
  readonly endpoint: Endpoint;
  readonly socket: Socket;
  cancelIdle: () => void;
}

/** Resolves when the port is open; rejects with the system's error when it is refused. */
export async function openUdp(
  address: string,
  port: number,
  balancerOf: () => Balancer,
  world: World,
): Promise<OpenPort> {
  const listener = createSocket(address.includes(":") ? "udp6" : "udp4");
  listener.bind({ address, port, exclusive: true });
  await once(listener, "listening");
  listener.on("error", () => undefined);
  const relay = new Relay(listener, balancerOf, world);
  listener.on("message", (datagram, from) => relay.pass(datagram, from));
  const ended = new Promise<void>((resolve) => listener.once("close", resolve));
  const close = async () => {
    relay.end();
    listener.close();
    await ended;
  };
  // Nothing tells when a conversation is over, so that none outlives its listener.
  return { port, close, ended, abort: close, refresh: () => relay.refresh() };
}

class Relay {
  readonly #listener: Socket;
  readonly #balancerOf: () => Balancer;
  readonly #world: World;
  /** By client, in the order in which they were last heard of. */
  readonly #conversations = new Map<string, Conversation>();

  constructor(listener: Socket, balancerOf: () => Balancer, world: World) {
    this.#listener = listener;
    this.#balancerOf = balancerOf;
    this.#world = world;
  }

  pass(datagram: Buffer, from: RemoteInfo): void {
    const client = `${from.address} ${from.port}`;
    const conversation = this.#conversations.get(client) ?? this.#begin(client, from);
    if (conversation === undefined) return;
    this.#touch(client, conversation);
    const { endpoint, socket } = conversation;
    socket.send(datagram, endpoint.port, endpoint.address);
  }

  /** Ends conversations with endpoints that left the pool. */
  refresh(): void {
    const ids = new Set(this.#balancerOf().pool.endpoints.map(endpointId));
    for (const [client, { endpoint }] of [...this.#conversations]) {
      if (!ids.has(endpointId(endpoint))) this.#end(client);
    }
  }

  end(): void {
    for (const client of [...this.#conversations.keys()]) this.#end(client);
  }

  #begin(client: string, from: RemoteInfo): Conversation | undefined {
    const now = this.#world.monotonic();
    const endpoint = this.#balancerOf().choose(from.address, now, new Set());
    if (endpoint === undefined) return undefined;
    const socket = createSocket(endpoint.address.includes(":") ? "udp6" : "udp4");
    const conversation = { endpoint, socket, cancelIdle: () => undefined };
    socket.on("error", () => this.#end(client));
    socket.on("message", (answer, sender) => {
      if (sender.port !== endpoint.port) return;
      this.#touch(client, conversation);
      this.#listener.send(answer, from.port, from.address);
    });
    const [oldest] = this.#conversations.keys();
    if (this.#conversations.size >= conversationsMax && oldest !== undefined) this.#end(oldest);
    this.#conversations.set(client, conversation);
    return conversation;
  }

  #touch(client: string, conversation: Conversation): void {
    if (this.#conversations.get(client) !== conversation) return;
    conversation.cancelIdle();
    conversation.cancelIdle = this.#world.after(idleMsMax, () => this.#end(client));
    this.#conversations.delete(client);
    this.#conversations.set(client, conversation);
  }

  #end(client: string): void {
    const conversation = this.#conversations.get(client);
    if (conversation === undefined) return;
    this.#conversations.delete(client);
    conversation.cancelIdle();
    conversation.socket.close();
  }
}
