/** Seats of a request in priority and fairness, or its refusal. */
import type { User } from "../auth/user.ts";
import type { Admission } from "../fairness/fairness.ts";
import { widthOf } from "../fairness/width.ts";
import { commonHeaders, type DoorContext, type Exchange } from "./context.ts";
import { sendBytes } from "./send.ts";

type Arrival = Pick<Exchange, "request" | "response" | "query" | "info" | "auditId" | "flow">;

/** What gives the seats back; undefined when there were none and the client was told so. */
export function takeSeats(
  door: DoorContext,
  arrival: Arrival,
  user: User,
): (() => void) | undefined | Promise<(() => void) | undefined> {
  const { info, query, response } = arrival;
  const { storedSize } = door.options;
  const admission = door.fairness.enter({
    user,
    digest: info,
    width: (seatsMax) =>
      widthOf(info, query, () => storedSize?.(info.group, info.resource), seatsMax),
    onGone: (listener) => response.onClose(listener),
  });
  return admission instanceof Promise
    ? admission.then((settled) => settle(door, arrival, settled))
    : settle(door, arrival, admission);
}

function settle(
  door: DoorContext,
  arrival: Arrival,
  admission: Admission,
): (() => void) | undefined {
  arrival.flow.ids = admission;
  if (admission.type === "admitted") return admission.leave;
  door.metrics.dropped(arrival.info);
  const headers = {
    ...commonHeaders({ ...arrival, door }),
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "retry-after": String(admission.retryAfterSeconds),
  };
  const text = Buffer.from("Too many requests, please try again later.\n");
  void sendBytes(arrival.response, { status: 429, headers }, text, false);
  return undefined;
}
