/** What `up` was asked for, checked and in units. */
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import type { AskedLayout } from "./layout.ts";
import { serviceCidrOf } from "./networks.ts";
import { UsageError } from "./usage.ts";

export type Runtime = "simulated" | "docker";

/** Options as commander gives them. */
export interface UpOptions {
  readonly name: string;
  readonly nodes: string;
  readonly runtime: string;
  readonly data?: string;
  readonly host: string;
  readonly port: string;
  readonly kubeconfig?: string;
  readonly natsUrl?: string;
  readonly serviceCidr?: string;
  readonly detach?: boolean;
  readonly wait: string;
  readonly separate?: boolean;
  readonly only?: string;
  readonly busServers?: string;
  readonly replicas?: string;
  readonly stores?: string;
  readonly apiservers?: string;
  readonly storeHistory?: string;
  readonly storeHistoryCount?: string;
}

export interface Settings {
  readonly name: string;
  /** Context in the kubeconfig and first token of every subject. */
  readonly context: string;
  readonly nodes: number;
  readonly runtime: Runtime | "auto";
  /** The cluster's folder. */
  readonly data: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly kubeconfig: string | undefined;
  readonly natsUrl: string | undefined;
  readonly serviceCidr: string;
  readonly detach: boolean;
  readonly waitMs: number;
  readonly separate: boolean;
  /** Names of components; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly layout: AskedLayout;
}

/** As many as there are pod networks of /24 from 10.244.0.0 on. */
const nodesMax = 3_072;
const portMax = 65_535;
/** More would do the same work over again: one store leads, and API servers share a machine. */
const storesMax = 7;
const apiserversMax = 9;
const busServersMax = 5;
const historyMsMin = 10_000;
const historyMsMax = 24 * 3_600_000;
const historyCountMin = 1_000;
const historyCountMax = 10_000_000;

export function readSettings(options: UpOptions, env: NodeJS.ProcessEnv): Settings {
  const data = dataFolder(options.name, options.data, env);
  const usualFolder = dataFolder("kubus", undefined, env);
  return {
    name: checkName(options.name),
    context: contextOf(options.name),
    nodes: wholeNumber("--nodes", options.nodes, nodesMax),
    runtime: runtimeOf(options.runtime),
    data,
    host: options.host,
    port: wholeNumber("--port", options.port, portMax),
    kubeconfig: options.kubeconfig ? resolve(options.kubeconfig) : undefined,
    natsUrl: options.natsUrl || env["NATS_URL"] || undefined,
    serviceCidr: options.serviceCidr ?? serviceCidrOf(data, data === usualFolder),
    detach: options.detach === true,
    waitMs: parseDuration("--wait", options.wait),
    separate: options.separate === true,
    only: options.only === undefined ? undefined : options.only.split(",").filter(Boolean),
    layout: layoutOf(options),
  };
}

/** What of the layout the options name. Throws UsageError. */
export function layoutOf(options: Partial<UpOptions>): AskedLayout {
  const count = (option: string, text: string | undefined, max: number, min = 1) =>
    text === undefined ? undefined : wholeNumber(option, text, max, min);
  const { storeHistory } = options;
  return {
    busServers: count("--bus-servers", options.busServers, busServersMax),
    replicas: count("--replicas", options.replicas, busServersMax),
    stores: count("--stores", options.stores, storesMax),
    apiservers: count("--apiservers", options.apiservers, apiserversMax),
    historyMsMax: storeHistory === undefined ? undefined : historyOf(storeHistory),
    historyCountMax: count(
      "--store-history-count",
      options.storeHistoryCount,
      historyCountMax,
      historyCountMin,
    ),
  };
}

function historyOf(text: string): number {
  const ms = parseDuration("--store-history", text);
  if (ms >= historyMsMin && ms <= historyMsMax) return ms;
  throw new UsageError(`--store-history ${text}: expected 10s to 24h`);
}

/** A name becomes part of node names, contexts and subjects. */
function checkName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `--name ${JSON.stringify(name)}: a name has up to 40 lower case letters, digits and dashes`,
  );
}

/** `kubus` for the default cluster, `kubus-NAME` for others. */
export const contextOf = (name: string): string => (name === "kubus" ? name : `kubus-${name}`);

/** Where a cluster lives unless told otherwise: ~/.kubus/NAME. */
export function dataFolder(
  name: string,
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): string {
  return asked ? resolve(asked) : join(env["HOME"] || homedir(), ".kubus", checkName(name));
}

function runtimeOf(text: string): Runtime | "auto" {
  if (text === "auto" || text === "simulated" || text === "docker") return text;
  const why = text === "cri" ? "this version of Kubus has no such runtime; " : "";
  throw new UsageError(`--runtime ${text}: ${why}choose auto, simulated or docker`);
}

function wholeNumber(option: string, text: string, max: number, min = 0): number {
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${option} ${text}: expected a whole number from ${min} to ${max}`);
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `1m30s`, `500ms`, or seconds without a unit. Milliseconds. */
export function parseDuration(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new UsageError(`${option} ${text}: expected a duration such as 60s or 1m30s`);
  }
  return parts.reduce(
    (sum, [, count, unit = "s"]) => sum + Number(count) * (unitsMs[unit] ?? 0),
    0,
  );
}

/** Names by which this machine may be reached. */
export const ownHosts = (host: string): string[] => [
  ...new Set([hostname(), ...(host === "0.0.0.0" || host === "::" ? [] : [host])]),
];
