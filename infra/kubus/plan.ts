/** Which components a cluster consists of, in the order in which they start: pure. */
import type { ApiServerConfig } from "../../services/apiserver/config.ts";
import type { ControllersConfig } from "../../services/controllers/config.ts";
import type { KubeletConfig } from "../../services/kubelet/config.ts";
import type { ProxyConfig } from "../../services/proxy/main.ts";
import type { StoreConfig } from "../../services/store/settings.ts";
import type { Pki } from "../certs/pki.ts";
import type { Layout } from "./layout.ts";
import { podCidrOf } from "./networks.ts";
import type { Runtime } from "./options.ts";
import { UsageError } from "./usage.ts";

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
  /** Where clients reach the API servers. */
  readonly port: number;
  /** Of each API server. */
  readonly ports: readonly number[];
  readonly layout: Layout;
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
  const single = (service: Service, config: unknown): Part[] => several(service, [config]);
  const several = (service: Service, configs: readonly unknown[]): Part[] =>
    wanted(service)
      ? configs.map((config, index) => {
          return { service, component: undefined, instance: String(index), config };
        })
      : [];
  return [
    several(
      "store",
      Array.from({ length: input.layout.stores }, () => storeConfig(input.layout)),
    ),
    several(
      "apiserver",
      input.ports.map((port) => apiserverConfig(input, port)),
    ),
    [
      ...controllerParts(input),
      ...single("scheduler", {}),
      ...(wanted("kubelet") ? kubeletParts(input) : []),
      ...single("proxy", proxyConfig),
    ],
  ].filter((stage) => stage.length > 0);
}

/** All controllers, or those that were named one by one (`deployment-controller`). */
function controllerParts({ only, pki }: PlanInput): Part[] {
  const config: ControllersConfig = { rootCa: pki.ca };
  const part = (component?: string): Part => ({
    service: "controllers",
    component,
    instance: "0",
    config,
  });
  if (only === undefined || only.includes("controllers")) return [part()];
  const known: readonly string[] = services;
  return only.filter((name) => !known.includes(name)).map(part);
}

function kubeletParts({ nodes, runtime, data }: PlanInput): Part[] {
  return nodes.map((instance, index) => {
    const folder = `${data}/nodes/${instance}`;
    const config: KubeletConfig = {
      runtime,
      data: folder,
      podCidr: podCidrOf(index),
      // Containers outlive the process that asked for them; a cluster's end is theirs too.
      ...(runtime === "docker" ? { podsOnStop: "remove" } : {}),
    };
    return { service: "kubelet", component: undefined, instance, config };
  });
}

const proxyConfig: ProxyConfig = { mode: "userspace" };

function storeConfig({ replicas, historyMsMax, historyCountMax }: Layout): StoreConfig {
  return {
    replicas,
    ...(historyMsMax === undefined ? {} : { historyMsMax }),
    ...(historyCountMax === undefined ? {} : { historyCountMax }),
  };
}

function apiserverConfig(input: PlanInput, port: number): ApiServerConfig {
  const { host, pki, serviceCidr } = input;
  return {
    host,
    port,
    // Pods reach whichever server lives, as other clients do.
    advertisePort: input.port,
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
