/** How long a request may take, and what its client hears when it took longer. */
import { badRequest, timeout, type StatusError } from "#libs/api/errors.ts";
import { goDurationNanos } from "#libs/schema/read/go-time.ts";

/**
 * Milliseconds: `?timeout=` in Go's form (`30s`) within the server's own bound, which also holds
 * for none and for 0. Throws 400 for what is no duration.
 */
export function deadlineMs(query: URLSearchParams, requestMsMax: number): number {
  const asked = query.get("timeout") ?? "";
  if (asked === "") return requestMsMax;
  const nanos = goDurationNanos(asked);
  if (typeof nanos === "string") {
    throw badRequest(`invalid timeout specified in the request URL - ${nanos}`);
  }
  const milliseconds = nanos / 1e6;
  return milliseconds > 0 ? Math.min(milliseconds, requestMsMax) : requestMsMax;
}

/** The answer to a request whose time is over. */
export function overdue(): StatusError {
  const why = "request did not complete within requested timeout - context deadline exceeded";
  return timeout(why, 0);
}
