/** Answers recorded from a real Kubernetes, for tests that compare pure functions with them. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

export interface GoldenStep {
  readonly req: {
    readonly method?: string;
    readonly path: string;
    readonly type?: string;
    readonly body?: unknown;
  };
  readonly res: { readonly status: number; readonly body: unknown };
}

export interface GoldenScenario {
  readonly id: string;
  readonly about: string;
  readonly steps: readonly GoldenStep[];
}

const folder = path.resolve(import.meta.dirname, "../../../shared/golden");

/** Scenarios whose id begins with `prefix`; none, and the reason printed, without an oracle. */
export function goldenScenarios(file: string, prefix: string): GoldenScenario[] {
  const name = path.join(folder, file);
  if (!existsSync(name)) {
    process.stderr.write(`left out: golden ${prefix}: ${name} is not on this machine\n`);
    return [];
  }
  const lines = readFileSync(name, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const scenarios = lines.map((line) => JSON.parse(line) as GoldenScenario);
  return scenarios.filter(({ id }) => id.startsWith(prefix));
}
