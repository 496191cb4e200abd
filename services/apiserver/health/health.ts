/** /healthz, /livez and /readyz: one line a check. */
import type { World } from "#libs/actor/world.ts";
import type { HealthCheck } from "../http/options.ts";

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
}

const ping: HealthCheck = { name: "ping", check: () => {}, probes: ["livez", "readyz"] };

/** Milliseconds that a check may take; then it has failed. */
const checkMsMax = 2_000;

/** Answers probes from checks, each of which is bounded in time. */
export function health(checks: readonly HealthCheck[], world: Pick<World, "after">): Health {
  const all = [ping, ...checks.map((check) => bounded(check, world))];
  const checksOf = (probe: string) =>
    all.filter(({ probes }) => probe === "healthz" || probes.some((known) => known === probe));
  return {
    names: (probe) => checksOf(probe).map(({ name }) => name),
    answer: async (probe, name, question) => {
      if (name === "") return answerAll(probe, checksOf(probe), question);
      const check = checksOf(probe).find((candidate) => candidate.name === name);
      return check === undefined ? undefined : answerOne(check);
    },
  };
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
