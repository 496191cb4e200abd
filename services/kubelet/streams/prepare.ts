/** From a request for a stream to what serves it, or to what is wrong with it. */
import type { Duplex } from "node:stream";
import { type Session, type SessionEnd, socketOf } from "#libs/bus/session/index.ts";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { AttachRequest, ExecRequest } from "#proto/gen/kubus/node/v1.ts";
import { chooseAttempt, missing, sendLog } from "../logs.ts";
import {
  ConnectionReset,
  type ProcessStreams,
  type Runtime,
  type RuntimeContainer,
} from "../runtime.ts";
import { logOptions, type StreamRequests } from "../wire.ts";

export interface StreamSources {
  readonly runtime: Runtime;
  /** The pod as it was told last, by its uid; undefined for one that is not here. */
  readonly podOf: (uid: string) => Pod | undefined;
  /** Serves HTTP as this kubelet. */
  readonly serveHttp: (socket: Duplex) => void;
  readonly now: () => number;
}

/** Serves a session; resolves with how it ended when there is nothing left to send. */
export type Serve = (session: Session) => Promise<Partial<SessionEnd>>;

/** An HTTP status, and the kubelet's words. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

const badRequest = 400;
const notFound = 404;
const internalError = 500;
const stdin = 0;
const stdout = 1;
const stderr = 2;

type Prepare<Verb extends NodeVerb> = (
  sources: StreamSources,
  request: StreamRequests[Verb],
) => Promise<Serve | Refusal> | Serve;

/** What each verb does. */
export const preparations: { readonly [Verb in NodeVerb]: Prepare<Verb> } = {
  async log({ runtime, podOf, now }, request) {
    const found = chooseAttempt(request, await runtime.get(request.uid), podOf(request.uid));
    if (!found) return { code: badRequest, message: missing(request) };
    const bytesMax = request.limitBytes ?? Number.POSITIVE_INFINITY;
    const options = { ...logOptions(request, now()), bytesMax };
    return async (session) => {
      await sendLog(session, runtime, found, options);
      return {};
    };
  },

  async exec({ runtime, podOf }, request) {
    const found = await runningContainer(runtime, podOf(request.uid), request);
    if ("code" in found) return found;
    return async (session) => {
      const streams = processStreams(session, request);
      const why = "error executing command in container";
      return telling(why, async () => ({
        exitCode: await runtime.streams.exec(found.id, request.command, streams),
      }));
    };
  },

  async attach({ runtime, podOf }, request) {
    const found = await runningContainer(runtime, podOf(request.uid), request);
    if ("code" in found) return found;
    return async (session) => {
      const streams = processStreams(session, request);
      return telling("error attaching to container", async () => {
        await runtime.streams.attach(found.id, streams);
        return {};
      });
    };
  },

  async portforward({ runtime, podOf }, { uid, port }) {
    const pod = await runtime.get(uid);
    if (!podOf(uid) || !pod) return podMissing;
    if (!pod.isRunning) {
      const message = `sandbox container "${pod.sandboxId}" is not running`;
      return { code: internalError, message };
    }
    return async (session) => {
      const channel = session.channel(0);
      const sandbox = pod.sandboxId.replace(/^\w+:\/\//, "");
      return telling(`error forwarding port ${port} to pod ${sandbox}, uid `, async () => {
        await runtime.streams.portForward(pod, port, {
          incoming: channel,
          write: (data) => channel.write(data),
          end: () => channel.end(),
          signal: session.signal,
        });
        return {};
      });
    };
  },

  http({ serveHttp }) {
    return async (session) => {
      serveHttp(socketOf(session));
      await session.over;
      return {};
    };
  },
};

const podMissing: Refusal = { code: notFound, message: "pod does not exist" };

/** Commands run only where a process is, as the kubelet words its absence. */
async function runningContainer(
  runtime: Runtime,
  pod: Pod | undefined,
  { uid, container }: Pick<ExecRequest | AttachRequest, "uid" | "container">,
): Promise<RuntimeContainer | Refusal> {
  if (!pod) return podMissing;
  const running = (await runtime.get(uid))?.containers.find(
    ({ name, state }) => name === container && state === "running",
  );
  if (running) return running;
  return { code: internalError, message: `container not found (${JSON.stringify(container)})` };
}

function processStreams(
  session: Session,
  wanted: Pick<ExecRequest, "stdin" | "stdout" | "stderr" | "tty">,
): ProcessStreams {
  const writer = (number: number, isWanted: boolean) => (data: Uint8Array) =>
    isWanted ? session.channel(number).write(data) : Promise.resolve(!session.isOver);
  return {
    stdin: wanted.stdin ? session.channel(stdin) : undefined,
    stdout: writer(stdout, wanted.stdout),
    stderr: writer(stderr, wanted.stderr && !wanted.tty),
    tty: wanted.tty,
    onSize: (listener) => session.onSize(listener),
    signal: session.signal,
  };
}

async function telling(
  what: string,
  work: () => Promise<Partial<SessionEnd>>,
): Promise<Partial<SessionEnd>> {
  try {
    return await work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { message: `${what}: ${why}`, reset: error instanceof ConnectionReset };
  }
}
