/** How long the store takes, under the names that etcd's answers have in Kubernetes. */
import { Histogram, type Family } from "../health/exposition.ts";

/** Upper bounds in seconds, as kube-apiserver has them. */
const secondBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

interface Timing {
  readonly operation: string;
  readonly group: string;
  readonly resource: string;
  readonly seconds: Histogram;
  errors: number;
}

interface Resource {
  readonly group: string;
  readonly resource: string;
}

/** Times questions by operation and resource. `now`: milliseconds that never run backwards. */
export function storeTimings(now: () => number) {
  const timings = new Map<string, Timing>();
  const timingOf = (operation: string, { group, resource }: Resource): Timing => {
    const key = `${operation} ${resource}.${group}`;
    const known = timings.get(key);
    if (known !== undefined) return known;
    const seconds = new Histogram(secondBounds);
    const made = { operation, group, resource, seconds, errors: 0 };
    timings.set(key, made);
    return made;
  };
  return {
    /** The answer, whose time is noted when it has come. */
    async timed<T>(operation: string, resource: Resource, answer: Promise<T>): Promise<T> {
      const timing = timingOf(operation, resource);
      const began = now();
      try {
        return await answer;
      } catch (error) {
        timing.errors += 1;
        throw error;
      } finally {
        timing.seconds.observe((now() - began) / 1000);
      }
    },
    families: (): Family[] => familiesOf([...timings.values()]),
  };
}

function familiesOf(timings: readonly Timing[]): Family[] {
  const labelsOf = ({ operation, group, resource }: Timing) => ({ operation, group, resource });
  const requests = timings.map((timing) => ({
    labels: labelsOf(timing),
    value: timing.seconds.count,
  }));
  return [
    {
      name: "etcd_request_duration_seconds",
      help: "Time that the store took to answer.",
      type: "histogram",
      samples: timings.map((timing) => ({ labels: labelsOf(timing), value: timing.seconds })),
    },
    {
      name: "etcd_requests_total",
      help: "Questions to the store.",
      type: "counter",
      samples: requests,
    },
    {
      name: "etcd_request_errors_total",
      help: "Questions to the store that failed.",
      type: "counter",
      samples: timings.map((timing) => ({ labels: labelsOf(timing), value: timing.errors })),
    },
  ];
}
