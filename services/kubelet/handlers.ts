/** Asks a pod over the network, for probes and hooks: HTTP, TCP and gRPC, worded as Go words it. */
import { request as requestHttp } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { request as requestHttps } from "node:https";
import { connect as connectSocket } from "node:net";
import type {
  Container,
  GRPCAction,
  HTTPGetAction,
  TCPSocketAction,
} from "#proto/gen/k8s/core/v1.ts";
import type { IntOrString } from "#proto/gen/k8s/intstr.ts";
import type { ProbeResult } from "./runtime.ts";

/** How long an answer is awaited. */
export interface Patience {
  readonly milliseconds: number;
  /** Aborted when they are over. */
  readonly signal: AbortSignal;
}

/** Bytes of a body that are kept for an event. As the kubelet's. */
const bodyBytesMax = 10 * 1024;
const redirectStatusMin = 200;
const failureStatusMin = 400;

/** The number of a port, given as one or by the name that the container gives it. */
export function portOf(port: IntOrString | undefined, { ports = [] }: Container): number {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`couldn't find port: ${String(port)}`);
}

/** A GET; statuses from 200 to 399 are good, as for the kubelet. Never rejects for an answer. */
export function askHttp(
  { host = "", path = "/", port, scheme = "HTTP", httpHeaders = [] }: HTTPGetAction,
  container: Container,
  podIp: string,
  { signal }: Patience,
): Promise<ProbeResult> {
  const target = { hostname: host || podIp, port: portOf(port, container) };
  const url = `${scheme.toLowerCase()}://${target.hostname}:${target.port}${rooted(path)}`;
  const headers: Record<string, string> = { "User-Agent": "kube-probe/1.36", Accept: "*/*" };
  for (const { name = "", value = "" } of httpHeaders) headers[name] = value;
  const send = scheme === "HTTPS" ? requestHttps : requestHttp;
  const failed = (why: string) => ({ ok: false, output: `Get "${url}": ${why}` });
  return new Promise((resolve) => {
    // A probe is no client: certificates are not checked, connections not kept.
    const options = { ...target, path: rooted(path), headers, signal, agent: false };
    const asked = send({ ...options, rejectUnauthorized: false }, (response) => {
      const { statusCode = 0 } = response;
      const ok = statusCode >= redirectStatusMin && statusCode < failureStatusMin;
      const output = ok ? "" : `HTTP probe failed with statuscode: ${statusCode}`;
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyBytesMax) response.destroy();
      });
      response.on("close", () => resolve({ ok, output }));
      response.on("error", () => resolve({ ok, output }));
    });
    asked.on("error", (error) =>
      resolve(failed(signal.aborted ? clientTimeout : dialText(error, target))),
    );
    asked.end();
  });
}

const clientTimeout = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
const rooted = (path: string) => (path.startsWith("/") ? path : `/${path}`);

/** Good when the port takes a connection, which is closed at once. */
export function askTcp(
  { host = "", port }: TCPSocketAction,
  container: Container,
  podIp: string,
  { signal }: Patience,
): Promise<ProbeResult> {
  const target = { hostname: host || podIp, port: portOf(port, container) };
  return new Promise((resolve) => {
    const socket = connectSocket({ host: target.hostname, port: target.port });
    const settle = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => settle({ ok: true, output: "" }));
    const late = () => settle({ ok: false, output: dialTimeout(target) });
    signal.addEventListener("abort", late, { once: true });
    socket.once("error", (error) => settle({ ok: false, output: dialText(error, target) }));
  });
}

interface Target {
  readonly hostname: string;
  readonly port: number;
}

const dialTimeout = ({ hostname, port }: Target) => `dial tcp ${hostname}:${port}: i/o timeout`;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

function dialText(error: NodeJS.ErrnoException, { hostname, port }: Target): string {
  if (error.code === "ECONNRESET") return "EOF";
  const reason = reasons[error.code ?? ""];
  return reason ? `dial tcp ${hostname}:${port}: ${reason}` : error.message;
}

/** grpc.health.v1.HealthCheckResponse: field 1, SERVING. */
const serving = Buffer.from([8, 1]);
const grpcHeaderBytes = 5;

/** One call of the standard health service, without a library: the messages are two small ones. */
export function askGrpc(
  { port = 0, service = "" }: GRPCAction,
  podIp: string,
  { signal, milliseconds }: Patience,
): Promise<ProbeResult> {
  const address = `${podIp}:${port}`;
  const fail = (output: string): ProbeResult => ({ ok: false, output });
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${address}`);
    const settle = (result: ProbeResult) => {
      session.destroy();
      resolve(result);
    };
    const late = `timeout: failed to connect service "${address}" within ${milliseconds / 1_000}s`;
    signal.addEventListener("abort", () => settle(fail(`${late}: context deadline exceeded`)));
    session.on("error", (error) => settle(fail(`${late}: ${error.message}`)));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let code = "";
    const readStatus = (headers: { readonly [name: string]: unknown }) =>
      (code = String(headers["grpc-status"] ?? code));
    stream.on("response", readStatus);
    stream.on("trailers", readStatus);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => settle(fail(`${late}: ${error.message}`)));
    stream.on("end", () => {
      const message = Buffer.concat(chunks).subarray(grpcHeaderBytes);
      if (code !== "0") settle(fail(`service unhealthy (grpc status ${code})`));
      else if (message.equals(serving)) settle({ ok: true, output: "service healthy" });
      else settle(fail('service unhealthy (responded with "NOT_SERVING")'));
    });
    stream.end(healthRequest(service));
  });
}

/** Field 1 of the request: the service's name. Lengths of up to 127 bytes are enough. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([10, name.length]), name]);
  const header = Buffer.alloc(grpcHeaderBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
