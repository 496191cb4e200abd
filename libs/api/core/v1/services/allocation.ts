/**
 * Which cluster address and node ports a service gets. Pure: what others hold and chance are handed
 * in; whoever calls keeps two services from being given the same thing at once.
 */
import type { Service, ServicePort } from "#proto/gen/k8s/core/v1.ts";
import { internalFieldError, invalid, type FieldError } from "../../../errors.ts";
import {
  ipText,
  parseIp,
  rangeContains,
  rangeSize,
  type IpRange,
} from "../../../validation/addresses.ts";
import { validateAddresses } from "./addresses.ts";
import {
  headlessIp,
  isExternalName,
  isHeadless,
  needsHealthCheckNodePort,
  needsNodePort,
} from "./kinds.ts";

/** What the cluster has to give: one range of addresses of one family, one of ports. */
export interface ServiceNetwork {
  readonly range: IpRange;
  readonly nodePortMin: number;
  readonly nodePortMax: number;
}

/** What services hold. */
export interface Holdings {
  readonly ips: ReadonlySet<string>;
  readonly nodePorts: ReadonlySet<number>;
}

export interface Neighbours {
  /** Held by other services than the one that is written, as far as is known: never chosen. */
  readonly held: Holdings;
  /** Surely held: refused to a service that asks for it. Default: all that is held. */
  readonly taken?: Holdings;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/** What a service holds: to be kept from others while it is stored. */
export function holdingsOf({ spec = {} }: Service): Holdings {
  const { clusterIPs = [], ports = [], healthCheckNodePort = 0 } = spec;
  const numbers = [...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort];
  return {
    ips: new Set(clusterIPs.filter((ip) => ip !== headlessIp).map(canonical)),
    nodePorts: new Set(numbers.filter((number) => number !== 0)),
  };
}

function canonical(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : ipText(ip);
}

/**
 * Gives a prepared draft, in place, the address and ports that it needs and does not have, and
 * checks those that it asks for. Kubernetes does this before validation. After an error the draft
 * may be half filled: it is to be thrown away.
 */
export function allocateService(
  draft: Service,
  old: Service | undefined,
  network: ServiceNetwork,
  neighbours: Neighbours,
): FieldError[] {
  if (isExternalName(draft)) return [];
  draft.spec ??= {};
  const errors = fillFamilies(draft, network.range.family);
  if (errors.length > 0) return errors;
  const own = old === undefined ? new Set<number>() : holdingsOf(old).nodePorts;
  const ports = new PortPool(network, neighbours, own);
  return [
    ...allocateIp(draft, old, network.range, neighbours),
    ...(needsNodePort(draft) ? allocateNodePorts(draft.spec.ports ?? [], ports) : []),
    ...(needsHealthCheckNodePort(draft) ? allocateHealthCheck(draft, ports) : []),
  ];
}

/** Families and policy follow from the addresses, or from what the cluster has. */
function fillFamilies(draft: Service, family: "IPv4" | "IPv6"): FieldError[] {
  const errors = validateAddresses(draft);
  if (errors.length > 0) return errors;
  const spec = (draft.spec ??= {});
  const families = [...(spec.ipFamilies ?? [])];
  if (isHeadless(draft) && Object.keys(spec.selector ?? {}).length === 0) {
    // Whoever writes the endpoints of such a service may use families that the cluster has not.
    if (families.length === 0) families.push(family);
    spec.ipFamilyPolicy ??= "RequireDualStack";
    const isSingle = spec.ipFamilyPolicy === "SingleStack" || families.length > 1;
    if (!isSingle) families.push(families[0] === "IPv4" ? "IPv6" : "IPv4");
    spec.ipFamilies = families;
    return [];
  }
  for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
    const own = parseIp(ip)?.family;
    if (own === undefined || index < families.length) continue;
    if (own !== family) {
      const detail = `${own} is not configured on this cluster`;
      errors.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, detail));
    } else families.push(own);
  }
  if (errors.length > 0) return errors;
  const isDual = (spec.clusterIPs ?? []).length > 1 || families.length > 1;
  spec.ipFamilyPolicy ??= isDual ? "RequireDualStack" : "SingleStack";
  errors.push(...refusePolicy(draft, families, family));
  spec.ipFamilies = families.length > 0 ? families : [family];
  return errors;
}

function refusePolicy(
  { spec = {} }: Service,
  families: readonly string[],
  family: string,
): FieldError[] {
  const { ipFamilyPolicy: policy, clusterIPs = [] } = spec;
  const path = "spec.ipFamilyPolicy";
  const errors: FieldError[] = [];
  if (policy === "SingleStack") {
    const detail = "must be RequireDualStack or PreferDualStack when multiple";
    if (clusterIPs.length > 1) {
      errors.push(invalid(path, policy, `${detail} clusterIPs are specified`));
    }
    if (families.length > 1) {
      errors.push(invalid(path, policy, `${detail} ipFamilies are specified`));
    }
  }
  if (policy === "RequireDualStack") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(invalid(path, policy, detail));
  }
  for (const [index, wanted] of families.entries()) {
    if (wanted === family) continue;
    errors.push(invalid(`spec.ipFamilies[${index}]`, wanted, "not configured on this cluster"));
  }
  return errors;
}

function allocateIp(
  draft: Service,
  old: Service | undefined,
  range: IpRange,
  { held, taken = held, random }: Neighbours,
): FieldError[] {
  if (isHeadless(draft)) return [];
  const spec = (draft.spec ??= {});
  const asked = spec.clusterIPs?.[0];
  if (asked !== undefined && asked !== "") {
    // An address that a service has stays: validation refuses another, whether it is free or not.
    if (old?.spec?.clusterIPs?.[0]) return [];
    const refusal = refuseIp(asked, range, taken);
    if (refusal === "") return [];
    const detail = `failed to allocate IP ${asked}: ${refusal}`;
    return [invalid("spec.clusterIPs", spec.clusterIPs, detail)];
  }
  const { first, count } = usable(range);
  const textAt = (offset: number) =>
    ipText({ family: range.family, value: first + BigInt(offset) });
  const band = Math.min(Math.max(16, Math.floor(count / 16)), 256);
  const offset = choose(count, band, (at) => held.ips.has(textAt(at)), random);
  if (offset === undefined) {
    const detail = "failed to allocate a serviceIP: range is full";
    return [internalFieldError("spec.clusterIPs", detail)];
  }
  spec.clusterIP = textAt(offset);
  spec.clusterIPs = [spec.clusterIP];
  return [];
}

function refuseIp(asked: string, range: IpRange, { ips }: Holdings): string {
  const ip = parseIp(asked);
  const { first, count } = usable(range);
  const isUsable =
    ip !== undefined &&
    rangeContains(range, ip) &&
    ip.value >= first &&
    ip.value < first + BigInt(count);
  if (!isUsable) return "the provided network does not match the current range";
  return ips.has(canonical(asked)) ? "provided IP is already allocated" : "";
}

/** Addresses that are searched at most: a larger range is used from its beginning. */
const searchedMax = 2 ** 20;

/** All but the first address and, in IPv4, the last: they mean the network. */
function usable(range: IpRange): { readonly first: bigint; readonly count: number } {
  const spared = range.family === "IPv4" ? 2n : 1n;
  const size = rangeSize(range);
  if (size <= spared) return { first: range.base, count: Number(size) };
  const count = size - spared;
  return {
    first: range.base + 1n,
    count: count > BigInt(searchedMax) ? searchedMax : Number(count),
  };
}

/**
 * A free offset below `count`: a random one above the band that is left to those who ask for a
 * certain one, and from the band only when nothing else is free.
 */
function choose(
  count: number,
  band: number,
  isTaken: (offset: number) => boolean,
  random: () => number,
): number | undefined {
  const reserved = Math.min(band, count);
  return firstFree(reserved, count, isTaken, random) ?? firstFree(0, reserved, isTaken, random);
}

function firstFree(
  from: number,
  to: number,
  isTaken: (offset: number) => boolean,
  random: () => number,
): number | undefined {
  const count = to - from;
  const start = Math.floor(random() * count);
  for (let step = 0; step < count; step++) {
    const offset = from + ((start + step) % count);
    if (!isTaken(offset)) return offset;
  }
  return undefined;
}

/** Node ports that are still free while one service takes several. */
class PortPool {
  readonly #network: ServiceNetwork;
  readonly #neighbours: Neighbours;
  /** What the service had before: it may keep it. */
  readonly #own: ReadonlySet<number>;
  readonly #taken = new Set<number>();

  constructor(network: ServiceNetwork, neighbours: Neighbours, own: ReadonlySet<number>) {
    this.#network = network;
    this.#neighbours = neighbours;
    this.#own = own;
  }

  /** Why the port cannot be had; empty: it is the service's now. */
  take(port: number): string {
    const { nodePortMin, nodePortMax } = this.#network;
    if (port < nodePortMin || port > nodePortMax) {
      const range = `${nodePortMin}-${nodePortMax}`;
      return `provided port is not in the valid range. The range of valid ports is ${range}`;
    }
    const { held, taken = held } = this.#neighbours;
    if (this.#isTaken(port, taken)) return "provided port is already allocated";
    this.#taken.add(port);
    return "";
  }

  /** Undefined when none is left. */
  takeAny(): number | undefined {
    const { nodePortMin, nodePortMax } = this.#network;
    const count = nodePortMax - nodePortMin + 1;
    const band = Math.min(Math.max(16, Math.floor(count / 32)), 128);
    const isTaken = (offset: number) =>
      this.#isTaken(nodePortMin + offset, this.#neighbours.held) ||
      this.#own.has(nodePortMin + offset);
    const offset = choose(count, band, isTaken, this.#neighbours.random);
    if (offset === undefined) return undefined;
    this.#taken.add(nodePortMin + offset);
    return nodePortMin + offset;
  }

  #isTaken(port: number, { nodePorts }: Holdings): boolean {
    if (this.#taken.has(port)) return true;
    return nodePorts.has(port) && !this.#own.has(port);
  }
}

function allocateNodePorts(ports: ServicePort[], pool: PortPool): FieldError[] {
  const errors: FieldError[] = [];
  /** Protocols that use a node port of this service: TCP and UDP may share one. */
  const users = new Map<number, Set<string>>();
  const use = (nodePort: number, { protocol = "" }: ServicePort) =>
    users.set(nodePort, (users.get(nodePort) ?? new Set()).add(protocol));
  for (const [index, port] of ports.entries()) {
    const { nodePort = 0, protocol = "" } = port;
    if (nodePort === 0) continue;
    const sharers = users.get(nodePort);
    const refusal = sharers && !sharers.has(protocol) ? "" : pool.take(nodePort);
    if (refusal !== "") errors.push(invalid(`spec.ports[${index}].nodePort`, nodePort, refusal));
    else use(nodePort, port);
  }
  for (const [index, port] of ports.entries()) {
    if (port.nodePort) continue;
    const shared = shareable(port, ports, users);
    const nodePort = shared ?? pool.takeAny();
    if (nodePort === undefined) {
      const detail = "failed to allocate a nodePort: range is full";
      errors.push(internalFieldError(`spec.ports[${index}].nodePort`, detail));
      continue;
    }
    port.nodePort = nodePort;
    use(nodePort, port);
  }
  return errors;
}

/** The node port of the same port under another protocol. */
function shareable(
  { port, protocol = "" }: ServicePort,
  ports: readonly ServicePort[],
  users: ReadonlyMap<number, ReadonlySet<string>>,
): number | undefined {
  const twin = ports.find(
    (other) => other.port === port && Boolean(other.nodePort) && other.protocol !== protocol,
  );
  const nodePort = twin?.nodePort;
  if (nodePort === undefined || users.get(nodePort)?.has(protocol)) return undefined;
  return nodePort;
}

function allocateHealthCheck(draft: Service, pool: PortPool): FieldError[] {
  const spec = (draft.spec ??= {});
  const path = "spec.healthCheckNodePort";
  const asked = spec.healthCheckNodePort ?? 0;
  const refusal = asked === 0 ? "" : pool.take(asked);
  if (refusal !== "") {
    const detail = `failed to allocate requested HealthCheck NodePort ${asked}: ${refusal}`;
    return [internalFieldError(path, detail)];
  }
  if (asked !== 0) return [];
  const port = pool.takeAny();
  if (port === undefined) {
    return [internalFieldError(path, "failed to allocate a HealthCheck NodePort: range is full")];
  }
  spec.healthCheckNodePort = port;
  return [];
}
