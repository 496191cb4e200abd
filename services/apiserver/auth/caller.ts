/** Callers as the authorizer sees them, and as Go prints them. */
import type { Caller } from "../registry/request.ts";
import type { User } from "./user.ts";

export function userOf({ user: name, uid, groups, extra }: Caller): User {
  return { name, groups, ...(uid === undefined ? {} : { uid }), ...(extra ? { extra } : {}) };
}

/** `&{alice  [system:authenticated] map[]}`. */
export function callerText({ user, uid = "", groups, extra = {} }: Caller): string {
  const entries = Object.entries(extra).sort(([one], [other]) => (one < other ? -1 : 1));
  const more = entries.map(([key, values]) => `${key}:[${values.join(" ")}]`).join(" ");
  return `&{${user} ${uid} [${groups.join(" ")}] map[${more}]}`;
}
