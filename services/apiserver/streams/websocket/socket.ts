/** A WebSocket that is read and written at the pace of the slower side. */
import { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { World } from "#libs/actor/world.ts";
import type { Upgrade } from "../../http/exchange.ts";

/** Bytes of one message, as Go's server has it; clients send 32 KiB. */
const messageBytesMax = 32 * 1024 * 1024;
/**
 * Time that a client has to read what was sent and to close: until then the server keeps the
 * connection, since closing it would throw away what the client has not read.
 */
const lingerMsMax = 15 * 60 * 1_000;
/** Without a message in either direction for so long a connection ends; Kubernetes' default. */
const idleMsMax = 4 * 60 * 60 * 1_000;
const idleLookMs = 60_000;
const normalClosure = 1_000;
const goingAway = 1_001;

const options = {
  noServer: true,
  closeTimeout: lingerMsMax,
  clientTracking: false,
  maxPayload: messageBytesMax,
  perMessageDeflate: false,
  // The protocol was chosen before: it stands in the only list that is offered to the library.
  handleProtocols: (offered: Set<string>) => [...offered][0] ?? false,
};
const server = new WebSocketServer(options);

/** Takes the connection over. `protocol` "": none is named. */
export function acceptWebSocket(
  { request, take }: Upgrade,
  protocol: string,
  world: World,
): Promise<PacedSocket> {
  const { socket, head } = take();
  if (protocol === "") delete request.headers["sec-websocket-protocol"];
  else request.headers["sec-websocket-protocol"] = protocol;
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (ws) => resolve(new PacedSocket(ws, world)));
  });
}

export class PacedSocket {
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
  readonly #ws: WebSocket;
  readonly #world: World;
  readonly #gone = new AbortController();
  #usedAt: number;
  /** Messages that are being taken; what comes meanwhile waits in the socket. */
  #taking: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(ws: WebSocket, world: World) {
    this.#ws = ws;
    this.#world = world;
    this.signal = this.#gone.signal;
    this.#usedAt = world.monotonic();
    // Nothing is to be missed before somebody listens.
    ws.pause();
    const cancelLook = world.every(idleLookMs, () => {
      if (world.monotonic() - this.#usedAt > idleMsMax) ws.terminate();
    });
    ws.on("error", () => ws.terminate());
    ws.once("close", () => {
      cancelLook();
      this.#gone.abort();
    });
  }

  /** Calls back for one message after the other, each when the one before was taken. */
  onMessage(take: (message: Buffer) => Promise<void> | void): void {
    this.#ws.on("message", (data) => {
      this.#usedAt = this.#world.monotonic();
      this.#waiting += 1;
      this.#ws.pause();
      this.#taking = this.#taking
        .then(() => take(data as Buffer))
        .catch(() => this.#ws.terminate())
        .finally(() => {
          this.#waiting -= 1;
          if (this.#waiting === 0) this.#ws.resume();
        });
    });
    this.#ws.resume();
  }

  /** Resolves when the message has left; false: the connection is gone. */
  send(message: Buffer | string): Promise<boolean> {
    this.#usedAt = this.#world.monotonic();
    return new Promise((resolve) => {
      if (this.#ws.readyState !== this.#ws.OPEN) return resolve(false);
      return this.#ws.send(message, (error) => resolve(error === undefined || error === null));
    });
  }

  /** Says goodbye, and resolves when the client has too; one that reads nothing is cut off. */
  async close(code: "done" | "goingAway" = "done"): Promise<void> {
    this.#ws.close(code === "done" ? normalClosure : goingAway);
    if (this.signal.aborted) return;
    await new Promise<void>((resolve) =>
      this.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
  }

  /** The messages as one run of bytes each way, for a protocol of its own. Instead of the rest. */
  duplex(): Duplex {
    let wake: () => void = () => undefined;
    const send = this.send.bind(this);
    const duplex = new Duplex({
      read: () => wake(),
      async write(chunk: Buffer, _encoding, done) {
        await send(chunk);
        done();
      },
      final: (done) => {
        void this.close();
        done();
      },
      destroy: (error, done) => {
        if (error) this.#ws.terminate();
        done(error);
      },
    });
    this.onMessage((message) => {
      if (duplex.push(message)) return undefined;
      return new Promise<void>((resolve) => (wake = resolve));
    });
    this.signal.addEventListener("abort", () => duplex.push(null), { once: true });
    return duplex;
  }
}
