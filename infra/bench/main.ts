/** `npm run bench -- <name> [--json] [options of the benchmark]`: runs test/bench/<name>.ts. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../tools/cache.ts";

/** One measured number. */
interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** What a benchmark's file exports. */
interface Benchmark {
  /** Measures; its progress goes to standard error. */
  readonly run: (args: readonly string[]) => Promise<readonly Measured[]>;
  /** How it shows what it measured; without it, a line for each number. */
  readonly textOf?: (measured: readonly Measured[]) => string;
}

const folder = join(root, "test", "bench");

async function benchmarkNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files.flatMap((file) => /^([\w-]+)\.ts$/.exec(file)?.[1] ?? []).toSorted();
}

const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

function linesOf(measured: readonly Measured[]): string {
  const width = Math.max(0, ...measured.map(({ name }) => name.length));
  return measured
    .map(({ name, value, unit }) => `${name.padEnd(width)}  ${numbers.format(value)} ${unit}\n`)
    .join("");
}

const [name, ...rest] = process.argv.slice(2);
const names = await benchmarkNames();
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- ${names.join("|")} [--json]\n`);
  process.exitCode = 2;
} else {
  const { run, textOf = linesOf } = (await import(join(folder, `${name}.ts`))) as Benchmark;
  const measured = await run(rest.filter((argument) => argument !== "--json"));
  const text = rest.includes("--json")
    ? `${JSON.stringify({ bench: name, node: process.versions.node, measured }, null, 2)}\n`
    : textOf(measured);
  process.stdout.write(text);
}
