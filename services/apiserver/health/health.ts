/** /healthz, /livez and /readyz: one line a check. */
import type { World } from "#libs/actor/world.ts";
import type { HealthCheck } from "../http/options.ts";
import type { Family } from "./exposition.ts";

export interface HealthAnswer {
  readonly status: number;
  readonly text: string;
}

export interface HealthQuestion {
  readonly verbose: boolean;
  readonly exclude: readonly string[];
}

export interface Health {
  /** Names of the checks of a probe (`readyz`). */
  names(probe: string): readonly string[];
  /** Undefined when there is no such check. `name` is "" for all. */
  answer(probe: string, name: string, question: HealthQuestion): Promise<HealthAnswer | undefined>;
  /** What the checks said so far: /metrics/slis. */
  families(): readonly Family[];
}

const ping: HealthCheck = { name: "ping", check: () => {}, probes: ["livez", "readyz"] };

/** Milliseconds that a check may take; then it has failed. */
const checkMsMax = 2_000;

/** Answers probes from checks, each of which is bounded in time. */
export function health(checks: readonly HealthCheck[], world: Pick<World, "after">): Health {
  const all = [ping, ...checks.map((check) => bounded(check, world))];
  const checksOf = (probe: string) =>
    all.filter(({ probes }) => probe === "healthz" || probes.some((known) => known === probe));
  const said = new Map<string, Said>();
  const noted = (probe: string, check: HealthCheck): HealthCheck => ({
    ...check,
    check: () => noteResult(said, probe, check),
  });
  return {
    names: (probe) => checksOf(probe).map(({ name }) => name),
    answer: async (probe, name, question) => {
      const asked = checksOf(probe).map((check) => noted(probe, check));
      if (name === "") return answerAll(probe, asked, question);
      const check = asked.find((candidate) => candidate.name === name);
      return check === undefined ? undefined : answerOne(check);
    },
    families: () => familiesOf([...said.values()]),
  };
}

/** How often one check of one probe passed and failed. */
interface Said {
  readonly name: string;
  readonly type: string;
  success: number;
  error: number;
  passes: boolean;
}

async function noteResult(
  said: Map<string, Said>,
  type: string,
  { name, check }: HealthCheck,
): Promise<void> {
  const key = `${type}/${name}`;
  const known = said.get(key) ?? { name, type, success: 0, error: 0, passes: false };
  said.set(key, known);
  try {
    await check();
    known.success += 1;
    known.passes = true;
  } catch (error) {
    known.error += 1;
    known.passes = false;
    throw error;
  }
}

function familiesOf(said: readonly Said[]): Family[] {
  return [
    {
      name: "kubernetes_healthcheck",
      help: "What a check said last: 1 for well.",
      type: "gauge",
      samples: said.map(({ name, type, passes: well }) => ({
        labels: { name, type },
        value: well ? 1 : 0,
      })),
    },
    {
      name: "kubernetes_healthchecks_total",
      help: "Results of a check.",
      type: "counter",
      samples: said.flatMap(({ name, type, success, error }) => [
        { labels: { name, status: "error", type }, value: error },
        { labels: { name, status: "success", type }, value: success },
      ]),
    },
  ];
}

function bounded({ check, ...rest }: HealthCheck, world: Pick<World, "after">): HealthCheck {
  const inTime = () =>
    new Promise<void>((resolve, reject) => {
      const cancel = world.after(checkMsMax, () => reject(new Error("the check takes too long")));
      Promise.resolve().then(check).then(resolve, reject).finally(cancel);
    });
  return { ...rest, check: inTime };
}

async function answerOne(check: HealthCheck): Promise<HealthAnswer> {
  if (await passes(check)) return { status: 200, text: "ok" };
  return { status: 500, text: `internal server error: ${check.name} failed: reason withheld\n` };
}

async function answerAll(
  probe: string,
  checks: readonly HealthCheck[],
  { verbose, exclude }: HealthQuestion,
): Promise<HealthAnswer> {
  const lines: string[] = [];
  let failed = false;
  for (const check of checks) {
    if (exclude.includes(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
    } else if (await passes(check)) {
      lines.push(`[+]${check.name} ok`);
    } else {
      failed = true;
      lines.push(`[-]${check.name} failed: reason withheld`);
    }
  }
  const unknown = exclude.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed) return { status: 500, text: `${lines.join("\n")}\n${probe} check failed\n` };
  if (!verbose) return { status: 200, text: "ok" };
  return { status: 200, text: `${lines.join("\n")}\n${probe} check passed\n` };
}

async function passes({ check }: HealthCheck): Promise<boolean> {
  try {
    await check();
    return true;
  } catch {
    return false;
  }
}
