/** Which components a cluster consists of, in the order in which they start: pure. */
import type { ApiServerConfig } from "../../services/apiserver/config.ts";
import type { KubeletConfig } from "../../services/kubelet/config.ts";
import type { ProxyConfig } from "../../services/proxy/main.ts";
import type { Pki } from "../certs/pki.ts";
import { type Runtime, UsageError } from "./options.ts";

export const services = [
  "store",
  "apiserver",
  "controllers",
  "scheduler",
  "kubelet",
  "proxy",
] as const;
export type Service = (typeof services)[number];

/** One component to run; controllers are several components that share a configuration. */
export interface Part {
  /** Folder under services. */
  readonly service: Service;
  /** A single one of the service's components; undefined: all that it has. */
  readonly component: string | undefined;
  readonly instance: string;
  /** Becomes the component's configuration; plain JSON, so that it can go to another process. */
  readonly config: unknown;
}

export interface PlanInput {
  readonly only: readonly string[] | undefined;
  readonly host: string;
  readonly port: number;
  readonly pki: Pki;
  readonly serviceCidr: string;
  readonly nodes: readonly string[];
  readonly runtime: Runtime;
  readonly data: string;
}

/** `kubus-node-1` … */
export const nodeNames = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-node-${index + 1}`);

/**
 * Stages of parts: those of one stage start together, after the stage before is ready. Throws a
 * UsageError for an unknown name in `only`.
 */
export function planStages(input: PlanInput): Part[][] {
  const { only } = input;
  const wanted = (service: Service) => only === undefined || only.includes(service);
  const single = (service: Service, config: unknown): Part[] =>
    wanted(service) ? [{ service, component: undefined, instance: "0", config }] : [];
  return [
    single("store", {}),
    single("apiserver", apiserverConfig(input)),
    [
      ...controllerParts(only),
      ...single("scheduler", {}),
      ...(wanted("kubelet") ? kubeletParts(input) : []),
      ...single("proxy", proxyConfig),
    ],
  ].filter((stage) => stage.length > 0);
}

/** All controllers, or those that were named one by one (`deployment-controller`). */
function controllerParts(only: readonly string[] | undefined): Part[] {
  const part = (component?: string): Part => ({
    service: "controllers",
    component,
    instance: "0",
    config: {},
  });
  if (only === undefined || only.includes("controllers")) return [part()];
  const known: readonly string[] = services;
  return only.filter((name) => !known.includes(name)).map(part);
}

function kubeletParts({ nodes, runtime, data }: PlanInput): Part[] {
  return nodes.map((instance, index) => {
    const folder = `${data}/nodes/${instance}`;
    const config: KubeletConfig = { runtime, data: folder, podCidr: podCidrOf(index) };
    return { service: "kubelet", component: undefined, instance, config };
  });
}

/** A network of its own for the pods of every node: 10.244.0.0/24, 10.244.1.0/24, … */
const podCidrOf = (index: number) => `10.${244 + Math.floor(index / 256)}.${index % 256}.0/24`;

const proxyConfig: ProxyConfig = { mode: "userspace" };

function apiserverConfig({ host, port, pki, serviceCidr }: PlanInput): ApiServerConfig {
  return {
    host,
    port,
    tls: { ...pki.apiserver, clientCa: pki.ca },
    serviceAccountKeys: [pki.serviceAccount.publicKey],
    serviceAccountSigningKey: pki.serviceAccount.key,
    serviceCidr,
  };
}

/** Names that `only` may not hold, told by those that exist. */
export function checkNames(only: readonly string[], controllers: readonly string[]): void {
  const known = [...services, ...controllers];
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new UsageError(`--only ${unknown.join(",")}: there are ${known.join(", ")}`);
}

const loopbackSecond = { first: 97, count: 127 };

/**
 * Service network of a cluster: a part of 127.0.0.0/8, so that cluster IPs are reachable on this
 * machine without root, and another one for every name, so that clusters do not get in each other's
 * way.
 */
export function serviceCidrOf(name: string): string {
  if (name === "kubus") return "127.96.0.0/16";
  let hash = 0;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  return `127.${loopbackSecond.first + (hash % loopbackSecond.count)}.0.0/16`;
}

/** First address of an IPv4 network: what the `kubernetes` service gets. */
export function firstServiceIp(cidr: string): string {
  const [address = ""] = cidr.split("/");
  const bytes = address.split(".").map(Number);
  const valid = bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255);
  if (!valid) throw new UsageError(`--service-cidr ${cidr}: expected an IPv4 network`);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [a, b, c, d + 1].join(".");
}
