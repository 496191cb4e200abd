/** Parameters of the query and the path, described once. */
import type { RestVerb } from "../http/routes.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly description: string;
  readonly required?: true;
  readonly type: "string" | "integer" | "boolean";
}

const query = (
  name: string,
  type: Parameter["type"],
  description: string,
): Parameter => ({ name, in: "query", type, description });

const pretty = query("pretty", "string", "Indents the answer when it is 'true'.");
const dryRun = query("dryRun", "string", "'All': every stage runs, and nothing is stored.");
const fieldManager = query("fieldManager", "string", "Who owns the fields that are written.");
const fieldValidation = query(
  "fieldValidation",
  "string",
  "What happens to unknown and repeated fields: Ignore, Warn or Strict.",
);
const force = query("force", "boolean", "Takes fields that others own; for apply only.");

const selection: readonly Parameter[] = [
  query("allowWatchBookmarks", "boolean", "Lets the server send BOOKMARK events in a watch."),
  query("continue", "string", "Token of the next page, from the page before."),
  query("fieldSelector", "string", "Only objects whose fields match."),
  query("labelSelector", "string", "Only objects whose labels match."),
  query("limit", "integer", "Most objects of one page."),
  query("resourceVersion", "string", "How fresh, or from where, the answer has to be."),
  query("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
  query("sendInitialEvents", "boolean", "Begins a watch with what exists."),
  query("timeoutSeconds", "integer", "Ends the call after that many seconds."),
];

const removal: readonly Parameter[] = [
  dryRun,
  query("gracePeriodSeconds", "integer", "Seconds until the object goes; 0 at once."),
  query("orphanDependents", "boolean", "The old form of propagationPolicy."),
  query("propagationPolicy", "string", "Orphan, Background or Foreground."),
];

const write: readonly Parameter[] = [dryRun, fieldManager, fieldValidation];

const byVerb: Readonly<Record<RestVerb, readonly Parameter[]>> = {
  get: [pretty],
  list: [pretty, ...selection],
  watch: [pretty, ...selection],
  create: [pretty, ...write],
  update: [pretty, ...write],
  patch: [pretty, ...write, force],
  delete: [pretty, ...removal],
  deletecollection: [pretty, ...removal, ...selection],
};

/** Parameters of the query that a verb takes. */
export const parametersOf = (verb: RestVerb): readonly Parameter[] => byVerb[verb];

export const pathParameters: Readonly<Record<string, Parameter>> = {
  name: {
    name: "name",
    in: "path",
    type: "string",
    required: true,
    description: "Name of the object.",
  },
  namespace: {
    name: "namespace",
    in: "path",
    type: "string",
    required: true,
    description: "Namespace of the object.",
  },
};
