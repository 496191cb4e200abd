/** One forwarded connection between a client's streams and a session with the kubelet. */
import type { Session } from "#libs/bus/session/index.ts";

/** The client's side. */
export interface ForwardClient {
  /** Undefined: what comes is written to the session by somebody else. */
  readonly incoming: AsyncIterable<Uint8Array> | undefined;
  /** Resolves when more can be written; false: the client reads no more. */
  readonly write: (data: Uint8Array) => Promise<boolean>;
  /** No more will be written. */
  readonly end: () => void;
  /** Aborted when the client has cut the connection off. */
  readonly signal: AbortSignal;
}

/**
 * Passes bytes on in both directions, each until its own end. Resolves when the session is over,
 * with what went wrong; "" for nothing.
 */
export async function runForward(session: Session, client: ForwardClient): Promise<string> {
  const leave = () => session.finish();
  if (client.signal.aborted) leave();
  client.signal.addEventListener("abort", leave, { once: true });
  const channel = session.channel(0);
  if (client.incoming) void feed(session, client.incoming);
  for await (const data of channel) if (!(await client.write(data))) break;
  client.end();
  const { message } = await session.over;
  client.signal.removeEventListener("abort", leave);
  return message;
}

async function feed(session: Session, incoming: AsyncIterable<Uint8Array>): Promise<void> {
  const channel = session.channel(0);
  for await (const data of incoming) if (!(await channel.write(data))) return;
  channel.end();
}
