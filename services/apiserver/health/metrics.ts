/**
 * Prometheus metrics under Kubernetes' names. Requests are counted in plain tables; the metrics
 * library sees them only when somebody asks.
 */
import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RequestInfo } from "../http/request-info.ts";

export interface Metrics {
  /** `milliseconds` from the arrival to the answer's last byte handed over. */
  answered(method: string, info: RequestInfo, code: number, milliseconds: number): void;
  /** Returns what to call when the watch ends. */
  watchOpened(info: RequestInfo): () => void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Upper bounds in seconds, as kube-apiserver has them. */
const buckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

/** Kinds of requests that are told apart; further ones share one line. */
const seriesMax = 2_000;
/** Latencies that wait for the next look; older ones are dropped. */
const samplesMax = 512;

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  count: number;
  readonly seconds: number[];
}

/** Counts requests and watches; prom-client is loaded when somebody asks for the numbers. */
export function metrics(): Metrics {
  const requests = new Map<string, Series>();
  const watches = new Map<string, number>();
  let instruments: Promise<Instruments> | undefined;

  return {
    answered: (method, info, code, milliseconds) => {
      const series = seriesOf(requests, method, info, code);
      series.count += 1;
      if (info.verb !== "watch" && series.seconds.length < samplesMax) {
        series.seconds.push(milliseconds / 1000);
      }
    },
    watchOpened: ({ group, version, resource }) => {
      const key = `${group}\0${version}\0${resource}`;
      watches.set(key, (watches.get(key) ?? 0) + 1);
      let open = true;
      return () => {
        if (open) watches.set(key, (watches.get(key) ?? 1) - 1);
        open = false;
      };
    },
    text: async () => {
      instruments ??= makeInstruments();
      const { registry, total, duration, longRunning } = await instruments;
      for (const series of requests.values()) {
        total.inc({ ...series.labels }, series.count);
        series.count = 0;
        const { code: _code, ...labels } = series.labels;
        for (const seconds of series.seconds.splice(0)) duration.observe(labels, seconds);
      }
      for (const [key, count] of watches) {
        const [group = "", version = "", resource = ""] = key.split("\0");
        longRunning.set({ verb: "WATCH", group, version, resource }, count);
      }
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

interface Instruments {
  readonly registry: Registry;
  readonly total: Counter;
  readonly duration: Histogram;
  readonly longRunning: Gauge;
}

/** The library takes its time to load, and the process's own metrics cost timers: on demand. */
async function makeInstruments(): Promise<Instruments> {
  const client = await import("prom-client");
  const registry = new client.Registry();
  const names = ["verb", "group", "version", "resource", "subresource", "scope", "code"];
  client.collectDefaultMetrics({ register: registry });
  return {
    registry,
    total: new client.Counter({
      name: "apiserver_request_total",
      help: "Requests by verb, resource and code.",
      labelNames: names,
      registers: [registry],
    }),
    duration: new client.Histogram({
      name: "apiserver_request_duration_seconds",
      help: "Time from the arrival of a request to its answer; a sample under load.",
      labelNames: names.filter((name) => name !== "code"),
      buckets,
      registers: [registry],
    }),
    longRunning: new client.Gauge({
      name: "apiserver_longrunning_requests",
      help: "Open watches.",
      labelNames: ["verb", "group", "version", "resource"],
      registers: [registry],
    }),
  };
}

function seriesOf(
  requests: Map<string, Series>,
  method: string,
  info: RequestInfo,
  code: number,
): Series {
  const verb = info.resourceRequest ? info.verb : method;
  const { group, version, resource, subresource } = info;
  const key = `${verb} ${group} ${version} ${resource} ${subresource} ${code}`;
  const known = requests.get(key);
  if (known !== undefined) return known;
  const full = requests.size >= seriesMax;
  const rest = requests.get("");
  if (full && rest !== undefined) return rest;
  const labels = {
    verb: verb.toUpperCase(),
    group,
    version,
    resource,
    subresource,
    scope: scopeOf(info),
    code: String(code),
  };
  const made = { labels: full ? { verb: "OTHER" } : labels, count: 0, seconds: [] };
  requests.set(full ? "" : key, made);
  return made;
}

function scopeOf({ resourceRequest, name, namespace }: RequestInfo): string {
  if (!resourceRequest) return "";
  if (name !== "") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}
