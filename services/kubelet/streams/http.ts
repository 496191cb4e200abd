/** What a kubelet serves over HTTP, to who may ask through nodes/proxy. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { resourceMetrics, statsSummary, type UsageView } from "../usage/documents.ts";

export interface KubeletHttp {
  /** Pods of this node as they were told last. */
  readonly pods: () => readonly Pod[];
  /** Resolves when the runtime answers. */
  readonly checkRuntime: () => Promise<unknown>;
  readonly usage: () => Promise<UsageView>;
}

interface Document {
  readonly status?: number;
  readonly type: string;
  readonly body: string;
}

const json = (value: unknown): Document => ({
  type: "application/json",
  body: JSON.stringify(value),
});
const text = (body: string, status = 200): Document => ({
  status,
  type: "text/plain; charset=utf-8",
  body,
});
const exposition = "text/plain; version=0.0.4; charset=utf-8";

/** Serves connections that are handed to it; `close` ends them. */
export function kubeletHttp(parts: KubeletHttp): {
  readonly serve: (socket: Duplex) => void;
  readonly close: () => void;
} {
  const server: Server = createServer((request, response) => void answer(parts, request, response));
  return {
    serve: (socket) => void server.emit("connection", socket),
    close: () => server.closeAllConnections(),
  };
}

async function answer(
  parts: KubeletHttp,
  { url = "/", method = "GET" }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(url, "http://kubelet");
  const { status = 200, type, body } = await documentAt(parts, method, pathname);
  response.writeHead(status, { "content-type": type });
  response.end(method === "HEAD" ? undefined : body);
}

async function documentAt(parts: KubeletHttp, method: string, path: string): Promise<Document> {
  if (method !== "GET" && method !== "HEAD") return text("405: Method Not Allowed", 405);
  try {
    switch (path.replace(/(.)\/$/, "$1")) {
      case "/healthz":
        await parts.checkRuntime();
        return text("ok");
      case "/healthz/ping":
      case "/healthz/syncloop":
        return text("ok");
      case "/pods":
      case "/runningpods":
        return json(podList(parts.pods(), path.startsWith("/running")));
      case "/stats/summary":
        return json(statsSummary(await parts.usage()));
      case "/metrics/resource":
        return { type: exposition, body: resourceMetrics(await parts.usage()) };
      default:
        return text("404 page not found\n", 404);
    }
  } catch (error) {
    return text(error instanceof Error ? error.message : String(error), 500);
  }
}

function podList(pods: readonly Pod[], isRunning: boolean): object {
  const items = isRunning ? pods.filter(({ status }) => status?.phase === "Running") : pods;
  return {
    kind: "PodList",
    apiVersion: "v1",
    metadata: {},
    items: items.map((pod) => ({ kind: "Pod", apiVersion: "v1", ...pod })),
  };
}
