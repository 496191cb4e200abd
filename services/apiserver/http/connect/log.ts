/** `kubectl logs`: a container's output, streamed from its kubelet. */
import {
  badRequest,
  forbidden,
  internalError,
  invalid,
  invalidObject,
  StatusError,
  toStatusError,
  type FieldError,
} from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { LogChunk, ReadLogRequest } from "#proto/gen/kubus/node/v1.ts";
import type { Place } from "../../registry/request.ts";
import { commonHeaders, type Exchange } from "../context.ts";
import { queryBoolean, queryInteger } from "../options/query.ts";
import { chooseContainer, requireLog } from "./container.ts";

interface LogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly sinceSeconds: number | undefined;
  readonly sinceTime: string;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
}

/** Sends what a container printed, as the kubelet of the pod's node tells it over the bus. */
export async function serveLog(exchange: Exchange, place: Place): Promise<void> {
  const { door, caller, query, response } = exchange;
  const options = logOptions(query, place.name);
  const { registry } = door.options;
  const { object } = await registry.get(caller, { ...place, subresource: "" }, {});
  const pod = object as Pod;
  const container = chooseContainer(pod, options.container);
  const node = pod.spec?.nodeName ?? "";
  if (node === "") {
    response.begin(204, commonHeaders(exchange));
    response.end();
    return;
  }
  requireLog(pod, container, options.previous);
  await stream(exchange, node, readRequest(pod, container, options));
}

/** Throws 400 or 422 for options that Kubernetes refuses. */
export function logOptions(query: URLSearchParams, pod: string): LogOptions {
  const options = {
    container: query.get("container") ?? "",
    follow: queryBoolean(query, "follow") ?? false,
    previous: queryBoolean(query, "previous") ?? false,
    timestamps: queryBoolean(query, "timestamps") ?? false,
    sinceSeconds: queryInteger(query, "sinceSeconds"),
    sinceTime: sinceTime(query.get("sinceTime") ?? ""),
    tailLines: queryInteger(query, "tailLines"),
    limitBytes: queryInteger(query, "limitBytes"),
  };
  const errors = logErrors(options);
  if (errors.length === 0) return options;
  throw invalidObject({ group: "", name: "PodLogOptions" }, pod, errors);
}

function sinceTime(text: string): string {
  if (text === "" || !Number.isNaN(Date.parse(text))) return text;
  const layout = "2006-01-02T15:04:05Z07:00";
  throw badRequest(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: ` +
      `cannot parse ${JSON.stringify(text)} as "2006"`,
  );
}

const positive = "must be greater than 0";

function logErrors(options: LogOptions): FieldError[] {
  const { tailLines, limitBytes, sinceSeconds } = options;
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalid("tailLines", tailLines, "must be greater than or equal to 0"));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalid("limitBytes", limitBytes, positive));
  }
  if (sinceSeconds !== undefined && options.sinceTime !== "") {
    errors.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalid("sinceSeconds", sinceSeconds, positive));
  }
  return errors;
}

function readRequest(pod: Pod, container: string, options: LogOptions): ReadLogRequest {
  const { follow, previous, timestamps, tailLines, sinceSeconds, limitBytes } = options;
  return {
    namespace: pod.metadata?.namespace ?? "",
    pod: pod.metadata?.name ?? "",
    uid: pod.metadata?.uid ?? "",
    container,
    follow,
    previous,
    timestamps,
    sinceTime: options.sinceTime,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

async function stream(exchange: Exchange, node: string, request: ReadLogRequest): Promise<void> {
  const { door, response } = exchange;
  const gone = new AbortController();
  response.onClose(() => gone.abort());
  const signal = AbortSignal.any([gone.signal, door.options.signal]);
  try {
    for await (const chunk of door.options.nodes.readLog(node, request, signal)) {
      if (signal.aborted) break;
      if (chunk.code !== 0 && !response.begun) throw nodeFailure(chunk, request.pod);
      await writeChunk(exchange, chunk);
      if (chunk.end || chunk.code !== 0) break;
    }
  } catch (error) {
    if (response.begun || signal.aborted) return response.destroy();
    throw error instanceof StatusError ? error : unreachable(node, error);
  }
  begin(exchange);
  response.end();
}

async function writeChunk(exchange: Exchange, { data }: LogChunk): Promise<void> {
  begin(exchange);
  if (data.length === 0) return;
  if (!exchange.response.write(data)) await exchange.response.drained();
}

/** The head leaves with the first chunk, even an empty one: a follower then knows it is heard. */
function begin(exchange: Exchange): void {
  const { response } = exchange;
  if (response.begun || response.closed) return;
  response.begin(200, { ...commonHeaders(exchange), "content-type": "text/plain" });
  response.flush();
}

/** What the kubelet said, as the API server passes it on. */
function nodeFailure({ code, message }: LogChunk, pod: string): StatusError {
  if (code === 400) return badRequest(message);
  if (code === 404) {
    const text = `the server could not find the requested resource ( pods/log ${pod})`;
    const causes = [{ reason: "UnexpectedServerResponse", message }];
    return new StatusError(404, "NotFound", text, { name: pod, kind: "pods/log", causes });
  }
  return internalError(message);
}

function unreachable(node: string, error: unknown): StatusError {
  const { message } = toStatusError(error).status;
  return internalError(`the kubelet of node ${node} does not answer: ${message ?? ""}`);
}
