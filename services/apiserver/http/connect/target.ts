/** Where a proxied request goes: chosen from the pod, the endpoints of a service, or the node. */
import { badRequest, serviceUnavailable } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { EndpointAddress, Endpoints, Node, Pod, Service } from "#proto/gen/k8s/core/v1.ts";

/** `[scheme:]name[:port]`, as names of pods, services and nodes are written here. */
export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** Name or number; "" is the only one, or the first. */
  readonly port: string;
}

/** What is connected to, always through the kubelet of its node. */
export type Target =
  | {
      readonly type: "pod";
      readonly scheme: "http" | "https";
      readonly address: string;
      readonly port: number;
      readonly node: string;
      readonly pod: { readonly namespace: string; readonly pod: string; readonly uid: string };
    }
  /** The kubelet itself. */
  | { readonly type: "node"; readonly scheme: "http"; readonly node: string };

/** Port of a kubelet, where one is named. */
const kubeletPort = "10250";

/** Throws BadRequest for what is no such name. `kind`: `pod`, `service` or `node`. */
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
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  const node = pod.spec?.nodeName ?? "";
  if (address === "" || node === "") throw badRequest("address not allowed");
  const common = { type: "pod", scheme, address, node } as const;
  const names = { namespace, pod: name, uid };
  if (port !== "") return { ...common, pod: names, port: portNumber(port, name) };
  const declared = pod.spec?.containers?.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return { ...common, pod: names, port: declared ?? (scheme === "https" ? 443 : 80) };
}

function portNumber(text: string, name: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw badRequest(`invalid pod request ${goQuote(`${name}:${text}`)}`);
}

/**
 * A ready endpoint behind a port of the service; `chance` (0 to 1) chooses among several. Only pods
 * count: an address that somebody wrote could be anything's. Throws ServiceUnavailable when there
 * is none.
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
    const wanted = ports.find((candidate) => (candidate.name ?? "") === portName)?.port;
    if (wanted === undefined) continue;
    found.push(...addresses.flatMap((each) => addressTarget(each, scheme, wanted) ?? []));
  }
  const chosen = found[Math.floor(chance * found.length)];
  if (chosen !== undefined) return chosen;
  throw serviceUnavailable(`no endpoints available for service ${goQuote(name)}`);
}

function addressTarget(
  { ip = "", nodeName = "", targetRef }: EndpointAddress,
  scheme: "http" | "https",
  port: number,
): Target | undefined {
  if (targetRef?.kind !== "Pod" || nodeName === "") return undefined;
  const { namespace = "", name = "", uid = "" } = targetRef;
  const pod = { namespace, pod: name, uid };
  return { type: "pod", scheme, address: ip, port, node: nodeName, pod };
}

/** Endpoints know ports by name; a port of a service may be asked for by its number as well. */
function servicePortName({ spec, metadata }: Service, port: string): string {
  const { name = "" } = metadata ?? {};
  const ports = spec?.ports ?? [];
  if (!/^\d+$/.test(port)) return port === "" && ports.length === 1 ? (ports[0]?.name ?? "") : port;
  const found = ports.find((candidate) => String(candidate.port) === port);
  if (found !== undefined) return found.name ?? "";
  throw serviceUnavailable(`no service port ${port} found for service ${goQuote(name)}`);
}

/** Throws BadRequest for another port than the kubelet's: nothing else of a node is reached. */
export function nodeTarget({ metadata }: Node, { port }: ProxyName): Target {
  if (port !== "" && port !== kubeletPort) throw badRequest("address not allowed");
  return { type: "node", scheme: "http", node: metadata?.name ?? "" };
}
