/**
 * Prometheus metrics under Kubernetes' names. Requests are counted in plain tables, which become
 * text when somebody asks; what other parts count they tell as families of their own.
 */
import type { Registry } from "prom-client";
import { versionDocument } from "../discovery/version.ts";
import type { RequestInfo } from "../http/request-info.ts";
import { contentType, exposition, type Family } from "./exposition.ts";
import { requestTables, type Answered } from "./requesttables.ts";

export type { Answered } from "./requesttables.ts";

export interface Metrics {
  /** Returns what to call when the request was answered. */
  arrived(info: RequestInfo): (answered: Answered) => void;
  /** A request was refused because too many are at work. */
  dropped(info: RequestInfo): void;
  /** Returns what to call when the watch ends. */
  watchOpened(info: RequestInfo): () => void;
  /** Events that were handed to a watcher. */
  watchEvents(info: RequestInfo, count: number): void;
  /** A client that could not agree with us on TLS. */
  handshakeFailed(): void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Families of other parts, read whenever somebody asks. */
export type FamilySource = () => readonly Family[];

/** Counts what the door does; `sources` tell what their parts count. */
export function metrics(sources: readonly FamilySource[] = []): Metrics {
  const tables = requestTables();
  let handshakesFailed = 0;
  let process: Promise<Registry> | undefined;
  return {
    ...tables,
    handshakeFailed: () => {
      handshakesFailed += 1;
    },
    text: async () => {
      process ??= processRegistry();
      const own = exposition([
        ...tables.families(),
        ...sources.flatMap((families) => families()),
        buildFamily,
        {
          name: "apiserver_tls_handshake_errors_total",
          help: "Connections that ended before their TLS handshake did.",
          type: "counter",
          samples: [{ labels: {}, value: handshakesFailed }],
        },
      ]);
      return { contentType, text: own + (await (await process).metrics()) };
    },
  };
}

const {
  major,
  minor,
  gitVersion,
  gitCommit,
  gitTreeState,
  buildDate,
  goVersion,
  compiler,
  platform,
} = versionDocument;

const buildFamily: Family = {
  name: "kubernetes_build_info",
  help: "What /version says.",
  type: "gauge",
  samples: [
    {
      labels: {
        build_date: buildDate,
        compiler,
        git_commit: gitCommit,
        git_tree_state: gitTreeState,
        git_version: gitVersion,
        go_version: goVersion,
        major,
        minor,
        platform,
      },
      value: 1,
    },
  ],
};

/** The library takes its time to load, and the process's own metrics cost timers: on demand. */
async function processRegistry(): Promise<Registry> {
  const client = await import("prom-client");
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  return registry;
}
