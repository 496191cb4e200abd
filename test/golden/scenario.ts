/** The recorded scenarios: what was asked of a real API server and what it answered. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface GoldenRequest {
  readonly method?: string;
  readonly path: string;
  /** A text is sent as it is. */
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  /** Names for fields of the answer, used by later steps as `$name`. */
  readonly save?: Readonly<Record<string, string>>;
  /** Reads that many events of a stream. */
  readonly watch?: number;
  /** Asks again until a field has a value. */
  readonly poll?: { readonly path: string; readonly equals: unknown; readonly ms: number };
  /** Paths of the answer that are not compared. */
  readonly ignore?: readonly string[];
  readonly text?: boolean;
  readonly as?: string;
  readonly group?: readonly string[];
}

export interface GoldenResponse {
  readonly status: number;
  readonly type?: string;
  readonly warning?: string;
  readonly body: unknown;
}

export interface Scenario {
  readonly id: string;
  readonly about: string;
  readonly steps: readonly { readonly req: GoldenRequest; readonly res: GoldenResponse }[];
  readonly cleanup?: readonly GoldenRequest[];
}

const folder = join(import.meta.dirname, "../../../shared/golden");

/** Undefined when this machine does not have the recordings. */
export function readScenarios(file: string): readonly Scenario[] | undefined {
  const path = join(folder, file);
  if (!existsSync(path)) return undefined;
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("//"))
    .map((line) => JSON.parse(line) as Scenario);
}

/** `pods`, `deployments.apps` of a request's path; undefined for discovery, health and the like. */
function resourceOf(path: string): string | undefined {
  const [, prefix, ...rest] = path.split("?")[0]?.split("/") ?? [];
  if (prefix !== "api" && prefix !== "apis") return undefined;
  const group = prefix === "apis" ? (rest.shift() ?? "") : "";
  const [, ...parts] = rest;
  const below = parts[0] === "namespaces" ? parts[2] : undefined;
  const isPart = below === undefined || below === "finalize" || below === "status";
  const plural = isPart ? parts[0] : below;
  if (plural === undefined) return group === "" ? undefined : group;
  return group === "" ? plural : `${plural}.${group}`;
}

/** Whether a scenario asks only for what is served. */
export function isServed({ steps }: Scenario, served: ReadonlySet<string>): boolean {
  return steps.every(({ req }) => {
    const resource = resourceOf(req.path);
    return resource === undefined || served.has(resource);
  });
}
