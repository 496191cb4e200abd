/** For tests: a cable between two processes. TCP passes through, until it is cut or slowed down. */
import { once } from "node:events";
import { createServer, type Server, type Socket, connect } from "node:net";
import { realWorld } from "#libs/actor/world.ts";

export type Direction = "toServer" | "toClient";

/** Bytes that one direction holds back while it is slow; then the sender waits. */
const heldBytesMax = 4 * 1024 * 1024;

/** One direction of one connection. */
interface Stream {
  readonly direction: Direction;
  readonly from: Socket;
  readonly to: Socket;
  heldBytes: number;
}

export class Link {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #streams = new Set<Stream>();
  readonly #cut = new Set<Direction>();
  #delayMs = 0;
  #port = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** A link to a port of this machine that need not be open yet. */
  static async open(targetPort: number): Promise<Link> {
    const link = new Link(targetPort);
    link.#server.listen(0, "127.0.0.1");
    await once(link.#server, "listening");
    const address = link.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    link.#port = address.port;
    return link;
  }

  /** Where the client connects to. */
  get port(): number {
    return this.#port;
  }

  /** Nothing passes any more and nobody is told, as when a cable is pulled. */
  cut(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#cut.add(direction);
    for (const stream of this.#streams) this.#regulate(stream);
  }

  /** Everything passes once it is so old. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** What was held back arrives now. */
  heal(): void {
    this.#cut.clear();
    this.#delayMs = 0;
    for (const stream of this.#streams) this.#regulate(stream);
  }

  /** Ends all connections at once; new ones are taken. */
  sever(): void {
    for (const { from, to } of this.#streams) {
      from.destroy();
      to.destroy();
    }
  }

  close(): void {
    this.sever();
    this.#server.close();
  }

  #accept(client: Socket): void {
    const server = connect({ port: this.#targetPort, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    this.#join("toServer", client, server);
    this.#join("toClient", server, client);
  }

  #join(direction: Direction, from: Socket, to: Socket): void {
    const stream: Stream = { direction, from, to, heldBytes: 0 };
    this.#streams.add(stream);
    from.on("data", (bytes: Buffer) => this.#pass(stream, bytes));
    to.on("drain", () => this.#regulate(stream));
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#streams.delete(stream);
      to.destroy();
    });
    this.#regulate(stream);
  }

  #pass(stream: Stream, bytes: Buffer): void {
    const { to } = stream;
    if (this.#delayMs === 0 && stream.heldBytes === 0) {
      if (!to.write(bytes)) stream.from.pause();
      return;
    }
    stream.heldBytes += bytes.length;
    realWorld.after(this.#delayMs, () => {
      stream.heldBytes -= bytes.length;
      to.write(bytes);
      this.#regulate(stream);
    });
    this.#regulate(stream);
  }

  /** Bytes that are not read stay with their sender, who notices nothing but silence. */
  #regulate(stream: Stream): void {
    const { direction, from, to, heldBytes } = stream;
    const isFull = heldBytes > heldBytesMax || to.writableNeedDrain;
    if (this.#cut.has(direction) || isFull) from.pause();
    else from.resume();
  }
}
