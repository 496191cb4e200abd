/** A command in a container and its client, whichever protocol that one speaks. */
import type { Ending, Session, TerminalSize } from "#libs/bus/session/index.ts";

/** Resolves when more can be written; false: nobody reads any more. */
export type Write = (data: Uint8Array) => Promise<boolean>;

/** What comes from a client. */
export interface Ears {
  readonly input: Write;
  readonly inputEnd: () => void;
  readonly size: (size: TerminalSize) => void;
}

/** The client's side of a command. */
export interface CommandClient {
  /** Called once, at the beginning. */
  readonly listen: (ears: Ears) => void;
  /** Undefined: the client does not want it. */
  readonly stdout: Write | undefined;
  readonly stderr: Write | undefined;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** Tells how the command ended and closes; resolves when the client has closed, too. */
  readonly finish: (ending: Ending) => Promise<void>;
}

/** Numbers of the channels, of sessions and of WebSockets alike. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Passes everything on in both directions until one side ends; the other then learns of it. */
export async function runCommand(session: Session, client: CommandClient): Promise<void> {
  const leave = () => session.finish();
  if (client.signal.aborted) leave();
  client.signal.addEventListener("abort", leave, { once: true });
  const stdin = session.channel(channels.stdin);
  client.listen({
    input: (data) => stdin.write(data),
    inputEnd: () => stdin.end(),
    size: (size) => session.resize(size),
  });
  await Promise.all([
    drain(session, channels.stdout, client.stdout),
    drain(session, channels.stderr, client.stderr),
  ]);
  await client.finish(await session.over);
}

/** What nobody asked for is thrown away: it must not hold up the rest. */
async function drain(session: Session, number: number, write: Write | undefined): Promise<void> {
  for await (const data of session.channel(number)) {
    const isTaken = write ? await write(data) : true;
    if (!isTaken) return;
  }
}
