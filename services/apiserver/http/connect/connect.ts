/** Subresources that are streams. */
import { badRequest, StatusError } from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Place } from "../../registry/request.ts";
import type { Exchange } from "../context.ts";
import type { ConnectName } from "../routes.ts";
import { chooseContainer } from "./container.ts";
import { serveLog } from "./log.ts";
import { serveProxy } from "./proxy.ts";

/** Serves the subresources that are streams: log and proxy; the others are refused. */
export function serveConnect(
  exchange: Exchange,
  connect: ConnectName,
  place: Place,
): Promise<void> {
  if (connect === "log") return serveLog(exchange, place);
  if (connect === "proxy") return serveProxy(exchange, place);
  return refuseStream(exchange, connect, place);
}

/** Streams into containers are not served; what is wrong with the request is told first. */
async function refuseStream(
  exchange: Exchange,
  connect: ConnectName,
  place: Place,
): Promise<never> {
  const { door, caller, query } = exchange;
  const { object } = await door.options.registry.get(caller, { ...place, subresource: "" }, {});
  const pod = object as Pod;
  if (connect !== "portforward") chooseContainer(pod, query.get("container") ?? "");
  if ((pod.spec?.nodeName ?? "") === "") {
    throw badRequest(`pod ${place.name} does not have a host assigned`);
  }
  throw new StatusError(501, "", `this server does not serve ${connect}`);
}
