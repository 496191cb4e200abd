/** Subresources that are streams. */
import type { Place } from "../../registry/request.ts";
import { serveStream } from "../../streams/serve.ts";
import type { Exchange } from "../context.ts";
import type { ConnectName } from "../routes.ts";
import { serveLog } from "./log.ts";
import { serveProxy } from "./proxy.ts";

/** Serves the subresources that are streams. */
export function serveConnect(
  exchange: Exchange,
  connect: ConnectName,
  place: Place,
): Promise<void> {
  if (connect === "log") return serveLog(exchange, place);
  if (connect === "proxy") return serveProxy(exchange, place);
  return serveStream(exchange, connect, place);
}
