/** Requests and watches by verb, resource and code: tables that cost a look-up a request. */
import type { RequestInfo } from "../http/request-info.ts";
import { Histogram, type Family, type Labels } from "./exposition.ts";

/** What became of a request. */
export interface Answered {
  readonly method: string;
  readonly code: number;
  /** From the arrival to the answer's last byte handed over. */
  readonly milliseconds: number;
  readonly dryRun: boolean;
  /** The patch was a server-side apply. */
  readonly isApply: boolean;
}

/** Upper bounds in seconds, as kube-apiserver has them. */
const secondBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

/** Kinds of requests that are told apart; further ones share one line. */
const seriesMax = 2_000;

interface Series {
  readonly labels: Labels;
  readonly seconds: Histogram | undefined;
  readonly codes: Map<number, number>;
}

type Kind = "mutating" | "readOnly";

const kindOf = ({ verb }: RequestInfo): Kind =>
  verb === "get" || verb === "list" || verb === "watch" ? "readOnly" : "mutating";

/** Counts and what they are as families. */
export function requestTables() {
  const requests = new Table<Series>();
  const watches = new Table<{ readonly labels: Labels; open: number; events: number }>();
  const dropped = new Table<{ readonly labels: Labels; count: number }>();
  const inflight: Record<Kind, number> = { mutating: 0, readOnly: 0 };
  const watchOf = (info: RequestInfo) =>
    watches.of(`${info.group}/${info.version}/${info.resource}`, (labels) => ({
      labels: labels ?? watchLabels(info),
      open: 0,
      events: 0,
    }));
  return {
    arrived: (info: RequestInfo) => {
      const kind = kindOf(info);
      const counted = info.verb === "watch" ? 0 : 1;
      inflight[kind] += counted;
      return (answered: Answered) => {
        inflight[kind] -= counted;
        count(requests, info, answered);
      };
    },
    dropped: (info: RequestInfo) => {
      dropped.of(kindOf(info), () => ({
        labels: { request_kind: kindOf(info) },
        count: 0,
      })).count += 1;
    },
    watchOpened: (info: RequestInfo) => {
      const watch = watchOf(info);
      watch.open += 1;
      let open = true;
      return () => {
        if (open) watch.open -= 1;
        open = false;
      };
    },
    watchEvents: (info: RequestInfo, events: number) => {
      watchOf(info).events += events;
    },
    families: (): Family[] => [
      ...requestFamilies(requests.all()),
      ...watchFamilies(watches.all()),
      {
        name: "apiserver_current_inflight_requests",
        help: "Requests at work, watches aside.",
        type: "gauge",
        samples: [
          { labels: { request_kind: "mutating" }, value: inflight.mutating },
          { labels: { request_kind: "readOnly" }, value: inflight.readOnly },
        ],
      },
      {
        name: "apiserver_dropped_requests_total",
        help: "Requests that were told to come again later.",
        type: "counter",
        samples: dropped.all().map(({ labels, count: value }) => ({ labels, value })),
      },
    ],
  };
}

/** Rows by a key; when there are too many, the rest share one without labels of its own. */
class Table<Row> {
  readonly #rows = new Map<string, Row>();

  /** `make` is given the labels of the shared row, when it is that one. */
  of(key: string, make: (shared: Labels | undefined) => Row): Row {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const isFull = this.#rows.size >= seriesMax;
    const rest = isFull ? this.#rows.get("") : undefined;
    if (rest !== undefined) return rest;
    const row = make(isFull ? { verb: "OTHER" } : undefined);
    this.#rows.set(isFull ? "" : key, row);
    return row;
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }
}

function count(requests: Table<Series>, info: RequestInfo, answered: Answered): void {
  const { method, code, milliseconds, dryRun, isApply } = answered;
  const verb = verbLabel(info, method, isApply);
  const { group, version, resource, subresource } = info;
  const scope = scopeOf(info);
  const dry = dryRun ? "All" : "";
  const key = `${verb} ${group} ${version} ${resource} ${subresource} ${scope} ${dry}`;
  const series = requests.of(key, (shared) => ({
    labels: shared ?? {
      component: "apiserver",
      dry_run: dry,
      group,
      resource,
      scope,
      subresource,
      verb,
      version,
    },
    // A watch lasts as long as its client likes.
    seconds: verb === "WATCH" ? undefined : new Histogram(secondBounds),
    codes: new Map(),
  }));
  series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
  series.seconds?.observe(milliseconds / 1000);
}

const verbLabels: Readonly<Record<string, string>> = { create: "POST", update: "PUT" };
const connects: ReadonlySet<string> = new Set(["attach", "exec", "portforward", "proxy"]);

function verbLabel(info: RequestInfo, method: string, isApply: boolean): string {
  if (!info.resourceRequest) return method;
  if (connects.has(info.subresource)) return "CONNECT";
  if (info.verb === "patch") return isApply ? "APPLY" : "PATCH";
  return verbLabels[info.verb] ?? info.verb.toUpperCase();
}

function scopeOf({ resourceRequest, verb, name, namespace }: RequestInfo): string {
  if (!resourceRequest) return "";
  if (name !== "" || verb === "create") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}

function watchLabels({ group, version, resource }: RequestInfo): Labels {
  return { group, version, resource };
}

function requestFamilies(series: readonly Series[]): Family[] {
  return [
    {
      name: "apiserver_request_total",
      help: "Requests by verb, resource and code.",
      type: "counter",
      samples: series.flatMap(({ labels, codes }) =>
        [...codes].map(([code, value]) => ({ labels: { code: String(code), ...labels }, value })),
      ),
    },
    {
      name: "apiserver_request_duration_seconds",
      help: "Time from the arrival of a request to its answer.",
      type: "histogram",
      samples: series.flatMap(({ labels, seconds }) =>
        seconds === undefined ? [] : [{ labels, value: seconds }],
      ),
    },
  ];
}

interface WatchRow {
  readonly labels: Labels;
  readonly open: number;
  readonly events: number;
}

function watchFamilies(watches: readonly WatchRow[]): Family[] {
  return [
    {
      name: "apiserver_longrunning_requests",
      help: "Open watches.",
      type: "gauge",
      samples: watches.map(({ labels, open: value }) => ({
        labels: { component: "apiserver", ...labels, scope: "", subresource: "", verb: "WATCH" },
        value,
      })),
    },
    {
      name: "apiserver_watch_events_total",
      help: "Events that were sent to watchers.",
      type: "counter",
      samples: watches.map(({ labels, events: value }) => ({ labels, value })),
    },
  ];
}
