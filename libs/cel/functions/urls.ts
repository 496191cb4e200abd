/** Kubernetes' functions of URLs, which read them as Go's net/url does. */
import { bool, type CelType, listOf, mapOf, opaqueOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { ArrayList, CelError, EntryMap, Opaque, type Value } from "../values/value.ts";

const url: CelType = opaqueOf("kubernetes.URL");

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class UrlValue extends Opaque {
  readonly typeName = "kubernetes.URL";
  readonly key: string;
  readonly parts: Parts;

  constructor(text: string, parts: Parts) {
    super();
    this.key = text;
    this.parts = parts;
  }
}

const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;
const port = /^(?:[^:]*|\[[^\]]*\])(?::\d*)?$/;
const badEscape = /%(?![0-9A-Fa-f]{2})/;

/** Absolute, or a path from the root: what Go's ParseRequestURI takes. */
function parsed(text: string): UrlValue | CelError {
  const refuse = (why: string) =>
    new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`,
    );
  if (text === "") return refuse("empty url");
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text))
    return refuse("net/url: invalid control character in URL");
  const match = shape.exec(text);
  if (!match) return refuse("invalid URI for request");
  const [, scheme = "", authority, path = "", query = ""] = match;
  if (scheme === "" && !text.startsWith("/")) return refuse("invalid URI for request");
  const host = (authority ?? "").replace(/^[^@]*@/, "");
  if (!port.test(host))
    return refuse(`invalid port ${JSON.stringify(host.replace(/^.*:/, ":"))} after host`);
  if (/\s/.test(host)) return refuse('invalid character " " in host name');
  if (badEscape.test(path)) return refuse("invalid URL escape");
  return new UrlValue(text, { scheme: scheme.toLowerCase(), host, path, query });
}

const hostname = (host: string) =>
  host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");

const escapedPath = (path: string) => encodeURI(path).replace(/%25/g, "%");

/** Each key with its values in their order; what cannot be unescaped is left out. */
function queryOf({ parts: { query } }: UrlValue): Value {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const [key, value] = unescaped(pair);
    if (key !== undefined) values.set(key, [...(values.get(key) ?? []), value ?? ""]);
  }
  const map = new EntryMap();
  for (const [key, list] of values) map.add(key, new ArrayList(list));
  return map;
}

function unescaped(pair: string): (string | undefined)[] {
  const [, key = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
  try {
    return [key, value].map((text) => decodeURIComponent(text.replaceAll("+", " ")));
  } catch {
    return [];
  }
}

const part = (name: string, id: string, of: (parts: Parts) => string) =>
  declare(
    name,
    member(id, [url], string, ({ parts }: UrlValue) => of(parts)),
  );

export const urls: readonly FunctionDeclaration[] = [
  declare("url", global("string_to_url", [string], url, parsed)),
  declare(
    "isURL",
    global("is_url_string", [string], bool, (text: string) => parsed(text) instanceof UrlValue),
  ),
  part("getScheme", "url_get_scheme", ({ scheme }) => scheme),
  part("getHost", "url_get_host", ({ host }) => host),
  part("getHostname", "url_get_hostname", ({ host }) => hostname(host)),
  part("getPort", "url_get_port", ({ host }) => /:(\d*)$/.exec(host)?.[1] ?? ""),
  part("getEscapedPath", "url_get_escaped_path", ({ path }) => escapedPath(path)),
  declare("getQuery", member("url_get_query", [url], mapOf(string, listOf(string)), queryOf)),
];
