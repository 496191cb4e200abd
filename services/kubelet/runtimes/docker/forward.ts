/** A connection into a pod's network. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import { ConnectionReset, type ForwardedConnection } from "../../runtime.ts";

export interface ForwardTarget {
  /** A process in the pod's network; undefined: it cannot be entered from here. */
  readonly pid: number | undefined;
  readonly ip: string;
  readonly port: number;
}

/**
 * Connects as a process of the pod would, so that what listens on its loopback address is reached,
 * too; where the pod's network cannot be entered, to the pod's address. Rejects when nothing
 * listens, and with ConnectionReset.
 */
export async function forwardInside(
  { pid, ip, port }: ForwardTarget,
  connection: ForwardedConnection,
): Promise<void> {
  if (pid === undefined || process.getuid?.() !== 0) return forwardTo(ip, port, connection);
  const child = spawn(
    "nsenter",
    [`--net=/proc/${pid}/ns/net`, process.execPath, "-e", program, String(port)],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  let words = "";
  const hasSaidAll = new Promise<void>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words += text;
      if (words.startsWith(allSaid)) resolve();
    });
  });
  const leave = () => child.kill("SIGKILL");
  connection.signal.addEventListener("abort", leave, { once: true });
  const ended = exitOf(child);
  void feed(child.stdin, connection.incoming);
  await drain(child.stdout, connection);
  // Output that just stops may mean a failure, which is told instead of an end.
  await Promise.race([hasSaidAll, ended]);
  if (words.startsWith(allSaid)) connection.end();
  const code = await ended;
  connection.signal.removeEventListener("abort", leave);
  if (code !== 0 && !connection.signal.aborted) throw failureOf(words, port);
}

/** What the program says when the other side has no more to send. */
const allSaid = "all said";

/** Runs in the pod's network: passes on what comes to standard input, and back. */
const program = `
const { connect } = require("node:net");
const port = Number(process.argv[1]);
const socket = connect({ port, host: "localhost", allowHalfOpen: true });
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on("end", () => {
  process.stderr.write("${allSaid}");
  require("node:fs").closeSync(1);
});
socket.on("error", ({ code, message, errors }) => {
  const all = (errors ?? [{ message }]).map((each) => each.message);
  process.stderr.write(code + " " + all.join("; "));
  process.exit(1);
});
`;

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
  });
}

function failureOf(words: string, port: number): Error {
  if (/ECONNRESET|EPIPE/.test(words)) return new ConnectionReset(words);
  const why = words.replace(allSaid, "").replace(/^\w+ /, "");
  return new Error(`failed to connect to localhost:${port} inside the pod's network: ${why}`);
}

async function forwardTo(ip: string, port: number, connection: ForwardedConnection): Promise<void> {
  const socket = connect({ host: ip, port, allowHalfOpen: true });
  try {
    await once(socket, "connect");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`failed to connect to ${ip}:${port}: ${why}`, { cause: error });
  }
  let failure: Error | undefined;
  socket.on("error", (error) => (failure = new ConnectionReset(error.message)));
  connection.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  const draining = drain(socket, connection).then(() => failure ?? connection.end());
  await Promise.all([feed(socket, connection.incoming), draining]);
  socket.destroy();
  if (failure && !connection.signal.aborted) throw failure;
}

async function feed(target: Writable, incoming: AsyncIterable<Uint8Array>): Promise<void> {
  // Who listens there may leave first: that is told by the other direction.
  target.on("error", () => undefined);
  for await (const data of incoming) {
    if (target.destroyed) return;
    if (target.write(data)) continue;
    await new Promise<void>((resolve) => {
      target.once("drain", resolve);
      target.once("close", resolve);
    });
  }
  target.end();
}

async function drain(source: Readable | Duplex, { write }: ForwardedConnection): Promise<void> {
  try {
    for await (const data of source as AsyncIterable<Buffer>) if (!(await write(data))) break;
  } catch {
    // Told apart by how the other side ended.
  }
}
