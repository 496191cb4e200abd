/** Requests for streams: bytes ⇄ messages (proto/kubus/node/v1). */
import { codecOf } from "#libs/schema/codec.ts";
import type { Codec } from "#libs/schema/schema.ts";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import type {
  AttachRequest,
  ExecRequest,
  HttpRequest,
  OpenSessionResponse,
  PortForwardRequest,
  ReadLogRequest,
} from "#proto/gen/kubus/node/v1.ts";
import type { LogOptions } from "./runtime.ts";

/** What is asked for, by verb. */
export interface StreamRequests {
  readonly log: ReadLogRequest;
  readonly exec: ExecRequest;
  readonly attach: AttachRequest;
  readonly portforward: PortForwardRequest;
  readonly http: HttpRequest;
}

const codecs: { readonly [Verb in NodeVerb]: Codec<StreamRequests[Verb]> } = {
  log: codecOf("kubus.node.v1.ReadLogRequest"),
  exec: codecOf("kubus.node.v1.ExecRequest"),
  attach: codecOf("kubus.node.v1.AttachRequest"),
  portforward: codecOf("kubus.node.v1.PortForwardRequest"),
  http: codecOf("kubus.node.v1.HttpRequest"),
};
const answerCodec = codecOf<OpenSessionResponse>("kubus.node.v1.OpenSessionResponse");

/** Undefined for what is no request. */
export function readRequest<Verb extends NodeVerb>(
  verb: Verb,
  data: Uint8Array,
): StreamRequests[Verb] | undefined {
  try {
    const request = codecs[verb].decode(data);
    return request.session === "" ? undefined : request;
  } catch {
    return undefined;
  }
}

export const openedAnswer = () => answerCodec.encode({});
/** Why there is no session, with an HTTP status. */
export const refusedAnswer = (code: number, message: string) =>
  answerCodec.encode({ code, message });

const outputs: Readonly<Record<string, "stdout" | "stderr">> = {
  Stdout: "stdout",
  Stderr: "stderr",
};

/** What a request asks of the runtime; the latest of two ways to say since when counts. */
export function logOptions(request: ReadLogRequest, now: number): LogOptions {
  const { follow, timestamps, tailLines, sinceSeconds, sinceTime } = request;
  const since = sinceSeconds === undefined ? Date.parse(sinceTime) : now - sinceSeconds * 1_000;
  const stream = outputs[request.stream];
  return {
    follow,
    timestamps,
    ...(stream ? { stream } : {}),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(Number.isNaN(since) ? {} : { since }),
  };
}
