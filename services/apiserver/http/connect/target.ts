/** Where a proxied request goes: chosen from the pod, or from the endpoints of a service. */
import { badRequest, serviceUnavailable } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { Endpoints, Pod, Service } from "#proto/gen/k8s/core/v1.ts";

/** `[scheme:]name[:port]`, as names of pods and services are written here. */
export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** Name or number; "" is the only one, or the first. */
  readonly port: string;
}

export interface Target {
  readonly scheme: "http" | "https";
  readonly address: string;
  readonly port: number;
}

/** Throws BadRequest for what is no such name. `kind`: `pod` or `service`. */
export function parseProxyName(text: string, kind: string): ProxyName {
  const parts = text.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1) return { scheme: "http", name: first, port: "" };
  if (parts.length === 2) return { scheme: "http", name: first, port: second };
  if (parts.length === 3 && (first === "http" || first === "https" || first === "")) {
    return { scheme: first === "" ? "http" : first, name: second, port: third };
  }
  throw badRequest(`invalid ${kind} request ${goQuote(text)}`);
}

/** Throws BadRequest for a pod without an address or a port that is no number. */
export function podTarget(pod: Pod, { scheme, port }: ProxyName): Target {
  const address = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? "";
  if (address === "") throw badRequest("address not allowed");
  if (port !== "") return { scheme, address, port: portNumber(port, pod.metadata?.name ?? "") };
  const declared = pod.spec?.containers?.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return { scheme, address, port: declared ?? (scheme === "https" ? 443 : 80) };
}

function portNumber(text: string, name: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw badRequest(`invalid pod request ${goQuote(`${name}:${text}`)}`);
}

/**
 * A ready endpoint behind a port of the service; `chance` (0 to 1) chooses among several. Throws
 * ServiceUnavailable when there is none.
 */
export function serviceTarget(
  service: Service,
  endpoints: Endpoints,
  { scheme, name, port }: ProxyName,
  chance: number,
): Target {
  const portName = servicePortName(service, port);
  const found: Target[] = [];
  for (const { addresses = [], ports = [] } of endpoints.subsets ?? []) {
    const wanted = ports.find((candidate) => (candidate.name ?? "") === portName);
    if (wanted?.port === undefined) continue;
    for (const { ip = "" } of addresses) found.push({ scheme, address: ip, port: wanted.port });
  }
  const chosen = found[Math.floor(chance * found.length)];
  if (chosen !== undefined) return chosen;
  throw serviceUnavailable(`no endpoints available for service ${goQuote(name)}`);
}

/** Endpoints know ports by name; a port of a service may be asked for by its number as well. */
function servicePortName({ spec, metadata }: Service, port: string): string {
  const ports = spec?.ports ?? [];
  if (port === "" && ports.length === 1) return ports[0]?.name ?? "";
  const found = ports.find(
    (candidate) => (candidate.name ?? "") === port || String(candidate.port) === port,
  );
  if (found !== undefined) return found.name ?? "";
  const name = goQuote(metadata?.name ?? "");
  throw serviceUnavailable(`no service port ${goQuote(port)} found for service ${name}`);
}
