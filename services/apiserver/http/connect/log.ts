/** `kubectl logs`: a container's output, streamed from its kubelet. */
import {
  badRequest,
  forbidden,
  internalError,
  invalid,
  invalidObject,
  notSupported,
  StatusError,
  type FieldError,
} from "#libs/api/errors.ts";
import type { Session } from "#libs/bus/session/index.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Place } from "../../registry/request.ts";
import { NodeRefusal, type NodeRequests } from "../../streams/node.ts";
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
  /** All, Stdout or Stderr. */
  readonly stream: string;
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
    stream: query.get("stream") ?? "All",
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
  return [...errors, ...streamErrors(options)];
}

const logStreams = ["All", "Stderr", "Stdout"];

function streamErrors({ stream: wanted, tailLines }: LogOptions): FieldError[] {
  if (!logStreams.includes(wanted)) return [notSupported("stream", wanted, logStreams)];
  if (wanted === "All" || tailLines === undefined) return [];
  return [forbidden("", "`tailLines` and specific `stream` are mutually exclusive for now")];
}

/** Channel of a session that carries output. */
const outputChannel = 1;

function readRequest(pod: Pod, container: string, options: LogOptions): NodeRequests["log"] {
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
    stream: options.stream,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

/**
 * Sends what the kubelet sends, as fast as the client reads. When the kubelet is lost in the middle
 * the answer just ends, as Kubernetes' does: its client may ask for what follows.
 */
async function stream(
  exchange: Exchange,
  node: string,
  request: NodeRequests["log"],
): Promise<void> {
  const { door, response } = exchange;
  const session = await openLog(exchange, node, request);
  response.onClose(() => session.finish());
  const leave = () => session.finish();
  door.options.signal.addEventListener("abort", leave, { once: true });
  // The head leaves before there is any output: a follower then knows that it is heard.
  response.begin(200, { ...commonHeaders(exchange), "content-type": "text/plain" });
  response.flush();
  for await (const data of session.channel(outputChannel)) {
    if (!response.write(data)) await response.drained();
  }
  door.options.signal.removeEventListener("abort", leave);
  response.end();
}

async function openLog(
  { door }: Exchange,
  node: string,
  request: NodeRequests["log"],
): Promise<Session> {
  try {
    return await door.options.nodes.open(node, "log", request);
  } catch (error) {
    throw error instanceof NodeRefusal ? nodeFailure(error, request.pod) : error;
  }
}

/** What the kubelet said, as the API server passes it on. */
function nodeFailure({ code, message }: NodeRefusal, pod: string): StatusError {
  if (code === 400) return badRequest(message);
  if (code === 404) {
    const text = `the server could not find the requested resource ( pods/log ${pod})`;
    const causes = [{ reason: "UnexpectedServerResponse", message }];
    return new StatusError(404, "NotFound", text, { name: pod, kind: "pods/log", causes });
  }
  return internalError(message);
}
