/** What every endpoint of the door works with, and what it knows of one request. */
import type { Authenticators } from "../auth/authenticate.ts";
import type { Authorizer } from "../auth/authorize.ts";
import type { User } from "../auth/user.ts";
import type { IssuerDocuments } from "../discovery/issuer.ts";
import type { DiscoveryDocuments } from "../discovery/documents.ts";
import type { Health } from "../health/health.ts";
import type { Metrics } from "../health/metrics.ts";
import type { Fairness, FlowIds } from "../fairness/fairness.ts";
import type { OpenApiDocuments } from "../openapi/documents.ts";
import type { Caller } from "../registry/request.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import type { MediaRequest } from "./negotiate.ts";
import type { HttpLimits, HttpOptions } from "./options.ts";
import type { RequestInfo } from "./request-info.ts";
import type { Served } from "./routes.ts";
import { warningHeaders } from "./warnings.ts";

export interface DoorContext {
  readonly options: HttpOptions;
  readonly limits: HttpLimits;
  readonly served: Served;
  readonly authenticators: Authenticators;
  readonly authorizer: Authorizer;
  readonly discovery: DiscoveryDocuments;
  readonly openApi: OpenApiDocuments;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly fairness: Fairness;
  /** Undefined when no service account's token is believed here. */
  readonly issuer: IssuerDocuments | undefined;
}

/** Where a request stands in priority and fairness. */
export interface Flow {
  /** Undefined as long as nobody knows whose request it is, and for streams. */
  ids: FlowIds | undefined;
  /** Gives its seats back; further calls do nothing. */
  leave?: () => void;
}

export interface Exchange {
  readonly door: DoorContext;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly query: URLSearchParams;
  readonly info: RequestInfo;
  readonly auditId: string;
  readonly flow: Flow;
  readonly user: User;
  readonly caller: Caller;
}

/** What the client said about the form of answers. */
export const mediaRequest = (request: HttpRequest, query: URLSearchParams): MediaRequest => ({
  accept: request.header("accept"),
  userAgent: request.header("user-agent") ?? "",
  pretty: query.get("pretty"),
});

/** Longest name of a manager that is taken from a user agent. */
const managerBytesMax = 128;

/** The user as the registry sees it: its default field manager is the client's own name. */
export function callerOf(user: User, userAgent: string): Caller {
  const [program = ""] = userAgent.split("/", 1);
  const printable = [...program].filter((char) => /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char));
  const manager = Buffer.from(printable.join("")).subarray(0, managerBytesMax).toString("utf8");
  const { name, uid, groups, extra } = user;
  return {
    user: name,
    groups,
    manager: manager === "" ? "unknown" : manager,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** Headers that every answer carries, with warnings of its own and of what it is about. */
export function commonHeaders(
  { auditId, door, info, flow }: Pick<Exchange, "auditId" | "door" | "info" | "flow">,
  warnings: readonly string[] = [],
): Record<string, string | readonly string[]> {
  const version = door.served.get(info.group)?.get(info.version);
  const deprecated = version?.resources.get(info.resource)?.deprecated;
  const texts = deprecated === undefined ? warnings : [deprecated, ...warnings];
  return {
    "audit-id": auditId,
    "cache-control": "no-cache, private",
    ...flowHeaders(flow),
    ...(texts.length === 0 ? {} : { warning: warningHeaders(texts) }),
  };
}

/** Uids and not names: how a cluster tells its clients apart is its own affair. */
export function flowHeaders({ ids }: Flow): Record<string, string> {
  if (ids === undefined) return {};
  return {
    "x-kubernetes-pf-flowschema-uid": ids.schemaUid,
    "x-kubernetes-pf-prioritylevel-uid": ids.levelUid,
  };
}
