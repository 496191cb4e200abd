/** Lists of verbs that resources support. */
import type { Verb } from "./resource.ts";

/** What almost every resource supports. */
export const everyVerb: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];
