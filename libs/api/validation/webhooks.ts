/** Where a webhook is reached; texts of apiserver pkg/util/webhook. */
import { invalid, required, type FieldError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import { dns1123SubdomainErrors } from "../names.ts";
import { requireText } from "./fields.ts";
import { portNumberErrors } from "./names.ts";

export interface WebhookService {
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
  readonly port?: number;
}

export interface WebhookClient {
  readonly url?: string;
  readonly service?: WebhookService;
}

const form = "; desired format: https://host[/path]";

/** A client that says one of URL and service. */
export function webhookClientField(path: string, { url, service }: WebhookClient): FieldError[] {
  if (url !== undefined && service === undefined) return webhookUrlField(`${path}.url`, url);
  if (service !== undefined && url === undefined) {
    return webhookServiceField(`${path}.service`, service);
  }
  return [required(path, "exactly one of url or service is required")];
}

/** An https URL of a host and a path, without more. */
export function webhookUrlField(path: string, url: string): FieldError[] {
  const parsed = parseUrl(url);
  if (typeof parsed === "string") {
    return [required(path, `url must be a valid URL: ${parsed}${form}`)];
  }
  const { scheme, host, user, fragment, query } = parsed;
  const errors: FieldError[] = [];
  if (scheme !== "https") {
    errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${form}`));
  }
  if (host === "") errors.push(invalid(path, host, `host must be specified${form}`));
  if (user !== undefined) {
    errors.push(invalid(path, user, "user information is not permitted in the URL"));
  }
  if (fragment !== "") {
    errors.push(invalid(path, fragment, "fragments are not permitted in the URL"));
  }
  if (query !== "") {
    errors.push(invalid(path, query, "query parameters are not permitted in the URL"));
  }
  return errors;
}

interface ParsedUrl {
  readonly scheme: string;
  readonly host: string;
  readonly user: string | undefined;
  readonly fragment: string;
  readonly query: string;
}

/** The parts of a URL as Go's net/url sees them; a text says why there are none. */
function parseUrl(url: string): ParsedUrl | string {
  const refused = (why: string) => `parse ${goQuote(url)}: ${why}`;
  // oxlint-disable-next-line no-control-regex -- these are what Go refuses
  if (/[\u0000-\u001f\u007f]/.test(url))
    return refused("net/url: invalid control character in URL");
  const [beforeFragment, fragment] = splitOnce(url, "#");
  const [beforeQuery, query] = splitOnce(beforeFragment, "?");
  if (beforeQuery.startsWith(":")) return refused("missing protocol scheme");
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(beforeQuery)?.[1] ?? "";
  const rest = scheme === "" ? beforeQuery : beforeQuery.slice(scheme.length + 1);
  if (scheme === "" && /^[^/]*:/.test(rest)) {
    return refused("first path segment in URL cannot contain colon");
  }
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(rest)?.[0];
  if (escape !== undefined) return refused(`invalid URL escape ${goQuote(escape)}`);
  const authority = /^\/\/([^/]*)/.exec(rest)?.[1] ?? "";
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const port = /^(?:\[[^\]]*\]|[^:]*)(:.*)?$/.exec(host)?.[1];
  if (port !== undefined && !/^:\d*$/.test(port)) {
    return refused(`invalid port ${goQuote(port)} after host`);
  }
  const hostChar = /[ "<>^`{|}\\]/.exec(host)?.[0];
  if (hostChar !== undefined) {
    return refused(`invalid character ${goQuote(hostChar)} in host name`);
  }
  const user = at < 0 ? undefined : authority.slice(0, at);
  return { scheme: scheme.toLowerCase(), host, user, fragment, query };
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const place = text.indexOf(separator);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}

/** A service in the cluster, and a path of DNS subdomains there. */
export function webhookServiceField(path: string, service: WebhookService): FieldError[] {
  const { namespace, name, port = 0, path: urlPath = "" } = service;
  const portTexts = portNumberErrors(port);
  return [
    // Kubernetes takes the name for the namespace and the other way round, and says so.
    ...requireText(`${path}.name`, namespace),
    ...requireText(`${path}.namespace`, name),
    ...(portTexts.length === 0
      ? []
      : [invalid(`${path}.port`, port, `port is not valid: ${portTexts.join(", ")}`)]),
    ...servicePathField(`${path}.path`, urlPath),
  ];
}

function servicePathField(field: string, path: string): FieldError[] {
  if (path === "" || path === "/") return [];
  if (path === "//") return [invalid(field, path, "segment[0] may not be empty")];
  const steps = path.slice(1).replace(/\/$/, "").split("/");
  return [
    ...(path.startsWith("/") ? [] : [invalid(field, path, "must start with a '/'")]),
    ...steps.flatMap((step, index) => {
      if (step === "") return [invalid(field, path, `segment[${index}] may not be empty`)];
      return dns1123SubdomainErrors(step).map((text) =>
        invalid(field, path, `segment[${index}]: ${text}`),
      );
    }),
  ];
}
