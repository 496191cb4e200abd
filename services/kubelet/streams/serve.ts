/** Opens the streams that are asked of this node, each with an actor of its own. */
import { fromPromise } from "xstate";
import type { Host } from "#libs/actor/component.ts";
import type { BusMessage } from "#libs/bus/bus.ts";
import { Session } from "#libs/bus/session/index.ts";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import { openedAnswer, readRequest, refusedAnswer, type StreamRequests } from "../wire.ts";
import { streamMachine } from "./machine.ts";
import { preparations, type Serve, type StreamSources } from "./prepare.ts";

const internalError = 500;
const tooManyRequests = 429;

/** Streams of one node at a time; above it a request is refused. */
const streamsMax = 500;

/** Subscribes to this node's requests until the host ends; its streams end with it. */
export function serveStreams(host: Host, sources: StreamSources): void {
  const desk = new Desk(host, sources);
  for (const verb of Object.keys(preparations) as NodeVerb[]) {
    const subject = host.bus.subjects.node(verb, host.instance);
    host.bus.subscribe(subject, (message) => void desk.open(verb, message));
  }
}

class Desk {
  readonly #host: Host;
  readonly #sources: StreamSources;
  #count = 0;

  constructor(host: Host, sources: StreamSources) {
    this.#host = host;
    this.#sources = sources;
  }

  async open<Verb extends NodeVerb>(verb: Verb, message: BusMessage): Promise<void> {
    const request = readRequest(verb, message.data);
    if (!request) return;
    if (this.#count >= streamsMax) {
      const why = `this node serves ${streamsMax} streams already`;
      return message.respond(refusedAnswer(tooManyRequests, why));
    }
    this.#count += 1;
    try {
      await this.#prepare(verb, request, message);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      message.respond(refusedAnswer(internalError, why));
      this.#count -= 1;
    }
  }

  async #prepare<Verb extends NodeVerb>(
    verb: Verb,
    request: StreamRequests[Verb],
    message: BusMessage,
  ): Promise<void> {
    const prepared = await preparations[verb](this.#sources, request);
    if (typeof prepared !== "function") {
      message.respond(refusedAnswer(prepared.code, prepared.message));
      this.#count -= 1;
      return;
    }
    const session = this.#session(request.session);
    this.#start(`stream/${verb}/${request.session}`, session, prepared);
    message.respond(openedAnswer());
  }

  #session(id: string): Session {
    const { bus, shared, world, signal } = this.#host;
    const options = { bus, world, id, side: "node", peer: "the API server" } as const;
    const session = new Session({ ...options, farewell: shared });
    const leave = () => session.finish({ message: "the kubelet stopped" });
    signal.addEventListener("abort", leave, { once: true });
    session.signal.addEventListener("abort", () => signal.removeEventListener("abort", leave));
    return session;
  }

  #start(path: string, session: Session, serve: Serve): void {
    const { log } = this.#host;
    const isOver = (error?: unknown) => {
      if (error !== undefined) log.warn({ err: error, stream: path }, "a stream's actor ended");
      session.finish(error === undefined ? {} : { message: String(error) });
      this.#count -= 1;
    };
    const machine = streamMachine.provide({
      actors: { serve: fromPromise<void>(() => this.#serve(session, serve)) },
    });
    this.#host.spawn({
      path,
      machine,
      input: undefined,
      onDone: () => isOver(),
      onFailure: isOver,
    });
  }

  async #serve(session: Session, serve: Serve): Promise<void> {
    try {
      session.finish(await serve(session));
    } catch (error) {
      session.finish({ message: error instanceof Error ? error.message : String(error) });
    }
  }
}
