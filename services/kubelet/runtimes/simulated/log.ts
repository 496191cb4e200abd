/** The output of one simulated container, bounded, with readers that may follow it. */
import type { LogOptions } from "../../runtime.ts";

interface Line {
  readonly text: string;
  readonly at: number;
  readonly stream: "stdout" | "stderr";
}

/** Lines that are kept; the oldest give way. */
const linesMax = 1_000;
const encoder = new TextEncoder();

/** Keeps the last lines; readers that follow it end with it. */
export class SimulatedLog {
  #lines: Line[] = [];
  #dropped = 0;
  #closed = false;
  #wake: (() => void)[] = [];

  write(text: string, at: number, stream: Line["stream"] = "stdout"): void {
    this.#lines.push({ text, at, stream });
    if (this.#lines.length > linesMax) {
      this.#lines.shift();
      this.#dropped += 1;
    }
    this.#wakeAll();
  }

  /** No more lines will come. */
  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  async *read(options: LogOptions, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { tailLines, since = 0, timestamps, follow, stream } = options;
    const kept = this.#lines.filter(({ at }) => at >= since).length;
    let next = this.#dropped + this.#lines.length - Math.min(kept, tailLines ?? kept);
    while (!signal.aborted) {
      // More may be written while the reader is busy with what it got.
      const isLast = this.#closed || !follow;
      const lines = this.#lines
        .slice(Math.max(0, next - this.#dropped))
        .filter((line) => stream === undefined || line.stream === stream);
      next = this.#dropped + this.#lines.length;
      if (lines.length > 0) {
        yield encoder.encode(lines.map((line) => print(line, timestamps)).join(""));
      }
      if (isLast) return;
      const isCurrent = next === this.#dropped + this.#lines.length;
      if (isCurrent && !this.#closed) await this.#untilNews(signal);
    }
  }

  #untilNews(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

function print({ text, at }: Line, timestamps: boolean): string {
  return timestamps
    ? `${new Date(at).toISOString().replace("Z", "000000Z")} ${text}\n`
    : `${text}\n`;
}
