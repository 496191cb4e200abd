/** Subresources that are streams. */
import { badRequest, StatusError } from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Place } from "../../registry/request.ts";
import type { Exchange } from "../context.ts";
import type { ConnectName } from "../routes.ts";
import { chooseContainer } from "./container.ts";
import { serveLog } from "./log.ts";

export async function serveConnect(
  exchange: Exchange,
  connect: ConnectName,
  place: Place,
): Promise<void> {
  if (connect === "log") return serveLog(exchange, place);
  const { door, caller, query } = exchange;
  if (place.definition.plural === "services") return refuseProxy(exchange, place);
  const { object } = await door.options.registry.get(caller, { ...place, subresource: "" }, {});
  const pod = object as Pod;
  if (connect === "exec" || connect === "attach") {
    chooseContainer(pod, query.get("container") ?? "");
  }
  if ((pod.spec?.nodeName ?? "") === "") {
    throw badRequest(`pod ${place.name} does not have a host assigned`);
  }
  throw new StatusError(501, "", `this server does not serve ${connect}`);
}

/** A service is named `[scheme:]name[:port]` here. What is not there is told before all else. */
async function refuseProxy({ door, caller }: Exchange, place: Place): Promise<never> {
  const parts = place.name.split(":");
  const name = (parts.length === 3 ? parts[1] : parts[0]) ?? "";
  await door.options.registry.get(caller, { ...place, name, subresource: "" }, {});
  throw new StatusError(501, "", "this server does not serve proxy");
}
