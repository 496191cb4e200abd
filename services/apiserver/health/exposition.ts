/** Numbers in the text form that Prometheus reads. */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number | Histogram;
}

/** All samples of one metric. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

/** Observations counted by upper bounds; an observation costs a short walk and nothing else. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const { bounds } = this;
    for (let index = 0; index < bounds.length; index += 1) {
      if (value > (bounds[index] ?? 0)) continue;
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      return;
    }
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** How many were at most each bound. */
  cumulative(): number[] {
    let total = 0;
    return this.#counts.map((count) => (total += count));
  }
}

export const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** One block a family, in the given order. A family without samples is left out. */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, help, type, samples }: Family): string {
  if (samples.length === 0) return "";
  const lines = samples.flatMap(({ labels, value }) =>
    typeof value === "number"
      ? [`${name}${labelText(labels)} ${numberText(value)}`]
      : histogramLines(name, labels, value),
  );
  const head = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  return `${[...head, ...lines].join("\n")}\n`;
}

function histogramLines(name: string, labels: Labels, histogram: Histogram): string[] {
  const counts = histogram.cumulative();
  const buckets = histogram.bounds.map(
    (bound, index) =>
      `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${counts[index] ?? 0}`,
  );
  const text = labelText(labels);
  return [
    ...buckets,
    `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${histogram.count}`,
    `${name}_sum${text} ${numberText(histogram.sum)}`,
    `${name}_count${text} ${histogram.count}`,
  ];
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`;
}

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
