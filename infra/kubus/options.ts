/** What `up` was asked for, checked and in units. */
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
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
}

/** As many as there are pod networks of /24 from 10.244.0.0 on. */
const nodesMax = 3_072;
const portMax = 65_535;

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
  };
}

/** A name becomes part of node names, contexts and subjects. */
function checkName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `--name ${JSON.stringify(name)}: a name has up to 40 lower case letters, digits and dashes`,
  );
}

/** `kubus` for the default cluster, `kubus-NAME` for others. */
const contextOf = (name: string): string => (name === "kubus" ? name : `kubus-${name}`);

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

function wholeNumber(option: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value >= 0 && value <= max) return value;
  throw new UsageError(`${option} ${text}: expected a whole number from 0 to ${max}`);
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
