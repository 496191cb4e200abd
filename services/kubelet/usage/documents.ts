/** What a node's pods use, in the forms that a kubelet tells it. Pure. */
/** What a container uses now, and has used since its start. */
export interface ContainerUsage {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Billionths of a core. */
  readonly nanoCores: number;
  /** Billionths of a core's second. */
  readonly coreNanoSeconds: number;
  readonly memoryBytes: number;
}

export interface PodUsage {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly ContainerUsage[];
}

export interface UsageView {
  readonly node: string;
  readonly now: number;
  /** When the kubelet began to count. */
  readonly startedAt: number;
  readonly memoryBytes: number;
  readonly pods: readonly PodUsage[];
}

const billion = 1e9;
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

const totalOf = (containers: readonly ContainerUsage[]) => ({
  nanoCores: sum(containers.map(({ nanoCores }) => nanoCores)),
  coreNanoSeconds: sum(containers.map(({ coreNanoSeconds }) => coreNanoSeconds)),
  memoryBytes: sum(containers.map(({ memoryBytes }) => memoryBytes)),
});

/** The summary API: `/stats/summary`. */
export function statsSummary(view: UsageView): object {
  const time = new Date(view.now).toISOString();
  const statsOf = (usage: ReturnType<typeof totalOf>, memoryBytes?: number) => ({
    cpu: {
      time,
      usageNanoCores: usage.nanoCores,
      usageCoreNanoSeconds: usage.coreNanoSeconds,
    },
    memory: {
      time,
      ...(memoryBytes === undefined
        ? {}
        : { availableBytes: Math.max(0, memoryBytes - usage.memoryBytes) }),
      usageBytes: usage.memoryBytes,
      workingSetBytes: usage.memoryBytes,
      rssBytes: usage.memoryBytes,
    },
  });
  const node = totalOf(view.pods.flatMap(({ containers }) => containers));
  return {
    node: {
      nodeName: view.node,
      startTime: new Date(view.startedAt).toISOString(),
      ...statsOf(node, view.memoryBytes),
    },
    pods: view.pods.map(({ uid, namespace, name, containers }) => ({
      podRef: { name, namespace, uid },
      startTime: new Date(Math.min(...containers.map((one) => one.startedAt))).toISOString(),
      containers: containers.map((one) => ({
        name: one.name,
        startTime: new Date(one.startedAt).toISOString(),
        ...statsOf(one),
      })),
      ...statsOf(totalOf(containers)),
    })),
  };
}

type Row = readonly [labels: string, value: number];

/** `/metrics/resource`, with Kubernetes' names. */
export function resourceMetrics({ now, pods }: UsageView): string {
  const all = pods.flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
  const labelsOf = ({ pod, container }: (typeof all)[number]) =>
    `{container="${container.name}",namespace="${pod.namespace}",pod="${pod.name}"}`;
  const podLabels = ({ namespace, name }: PodUsage) => `{namespace="${namespace}",pod="${name}"}`;
  const node = totalOf(all.map(({ container }) => container));
  const family = (name: string, type: string, help: string, rows: readonly Row[]) =>
    rows.length === 0
      ? []
      : [
          `# HELP ${name} [STABLE] ${help}`,
          `# TYPE ${name} ${type}`,
          ...rows.map(([labels, value]) => `${name}${labels} ${value} ${now}`),
        ];
  const cpu = "Cumulative cpu time consumed by the";
  const memory = "Current working set of the";
  const seconds = (usage: { readonly coreNanoSeconds: number }) => usage.coreNanoSeconds / billion;
  return [
    ...family(
      "container_cpu_usage_seconds_total",
      "counter",
      `${cpu} container in core-seconds`,
      all.map((each) => [labelsOf(each), seconds(each.container)]),
    ),
    ...family(
      "container_memory_working_set_bytes",
      "gauge",
      `${memory} container in bytes`,
      all.map((each) => [labelsOf(each), each.container.memoryBytes]),
    ),
    ...family(
      "container_start_time_seconds",
      "gauge",
      "Start time of the container since unix epoch in seconds",
      all.map((each) => [labelsOf(each), each.container.startedAt / 1_000]),
    ),
    ...family("node_cpu_usage_seconds_total", "counter", `${cpu} node in core-seconds`, [
      ["", seconds(node)],
    ]),
    ...family("node_memory_working_set_bytes", "gauge", `${memory} node in bytes`, [
      ["", node.memoryBytes],
    ]),
    ...family(
      "pod_cpu_usage_seconds_total",
      "counter",
      `${cpu} pod in core-seconds`,
      pods.map((pod) => [podLabels(pod), seconds(totalOf(pod.containers))]),
    ),
    ...family(
      "pod_memory_working_set_bytes",
      "gauge",
      `${memory} pod in bytes`,
      pods.map((pod) => [podLabels(pod), totalOf(pod.containers).memoryBytes]),
    ),
    ...family("resource_scrape_error", "gauge", "1 if there was an error", [["", 0]]),
    "",
  ].join("\n");
}
