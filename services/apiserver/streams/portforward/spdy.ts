/** Forwarded connections as pairs of streams of one SPDY connection. */
import type { World } from "#libs/actor/world.ts";
import type { Session } from "#libs/bus/session/index.ts";
import { NodeRefusal } from "../node.ts";
import { portNumber } from "../options.ts";
import { streamsMsMax } from "../spdy/command.ts";
import { resets } from "../spdy/frames.ts";
import type { SpdyStream } from "../spdy/stream.ts";
import { runForward } from "./connection.ts";

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  readonly cancelLate: () => void;
}

export interface ForwardOptions {
  readonly world: World;
  /** Rejects with NodeRefusal, or StatusError when the kubelet is out of reach. */
  readonly open: (port: number) => Promise<Session>;
}

/** Puts streams together that belong to one connection, and forwards each. */
export class Forwarder {
  readonly #options: ForwardOptions;
  readonly #pairs = new Map<string, Pair>();

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** What is wrong with the stream, or undefined. */
  add(stream: SpdyStream): string | undefined {
    const wrong = problemOf(stream);
    if (wrong !== undefined) return wrong;
    const id = requestId(stream);
    const pair = this.#pairs.get(id) ?? this.#begin(id);
    const type = stream.headers.get("streamtype") === "error" ? "error" : "data";
    if (pair[type]) {
      const why = `error processing stream for request ${id}: ${type} stream already assigned`;
      void pair.error?.write(Buffer.from(why));
      return why;
    }
    pair[type] = stream;
    if (pair.data && pair.error) {
      this.#pairs.delete(id);
      pair.cancelLate();
      void this.#forward(pair.data, pair.error);
    }
    return undefined;
  }

  #begin(id: string): Pair {
    const cancelLate = this.#options.world.after(streamsMsMax, () => {
      this.#pairs.delete(id);
      pair.data?.reset(resets.cancel);
      if (!pair.error) return;
      const why = `(request=${id}) timed out waiting for streams`;
      void pair.error.write(Buffer.from(why)).then(() => pair.error?.end());
    });
    const pair: Pair = { cancelLate };
    this.#pairs.set(id, pair);
    return pair;
  }

  async #forward(data: SpdyStream, error: SpdyStream): Promise<void> {
    const message = await this.#run(data);
    if (message !== "") await error.write(Buffer.from(message));
    error.end();
    if (message !== "") data.reset(resets.internalError);
    else data.end();
    data.discard();
  }

  async #run(data: SpdyStream): Promise<string> {
    try {
      const session = await this.#options.open(portNumber(data.headers.get("port") ?? ""));
      return await runForward(session, {
        incoming: data,
        write: (bytes) => data.write(bytes),
        end: () => data.end(),
        signal: data.signal,
      });
    } catch (why) {
      return why instanceof Error ? why.message : String(why);
    }
  }
}

function problemOf({ headers }: SpdyStream): string | undefined {
  const port = headers.get("port") ?? "";
  if (port === "") return '"port" header is required';
  try {
    portNumber(port);
  } catch (error) {
    if (error instanceof NodeRefusal) return error.message;
    throw error;
  }
  const type = headers.get("streamtype") ?? "";
  if (type === "") return '"streamType" header is required';
  return type === "error" || type === "data" ? undefined : `invalid stream type "${type}"`;
}

/** Clients of old name none: the two streams of a connection then come one after the other. */
function requestId({ id, headers }: SpdyStream): string {
  const named = headers.get("requestid") ?? "";
  if (named !== "") return named;
  return String(headers.get("streamtype") === "error" ? id : id - 2);
}
