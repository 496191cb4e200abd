/** What containers in Docker use, from the engine's own counters. */
import type Docker from "dockerode";
import type { World } from "#libs/actor/world.ts";
import type { ContainerUsage } from "../../usage/documents.ts";
import type { RuntimeContainer } from "../../runtime.ts";
import { scheme } from "./state.ts";

interface Sample {
  readonly at: number;
  readonly total: number;
}

/** Samples by container; the oldest are forgotten. */
const samplesMax = 1_000;
const nanosPerMilli = 1e6;

/** Rates are told from one question to the next; the first tells the mean since the start. */
export class DockerUsage {
  readonly #docker: Docker;
  readonly #world: World;
  readonly #samples = new Map<string, Sample>();

  constructor(docker: Docker, world: World) {
    this.#docker = docker;
    this.#world = world;
  }

  /** Undefined for one that has ended meanwhile. */
  async of({ id, name, startedAt }: RuntimeContainer): Promise<ContainerUsage | undefined> {
    const now = this.#world.now();
    try {
      const container = this.#docker.getContainer(id.slice(scheme.length));
      const stats = await container.stats({ stream: false, "one-shot": true });
      const total = stats.cpu_stats.cpu_usage.total_usage;
      const before = this.#samples.get(id) ?? { at: startedAt, total: 0 };
      this.#samples.set(id, { at: now, total });
      const [oldest] = this.#samples.keys();
      if (this.#samples.size > samplesMax && oldest) this.#samples.delete(oldest);
      const milliseconds = Math.max(1, now - before.at);
      // An engine leaves them out for a container that has just ended.
      const { usage, stats: details } = stats.memory_stats as Partial<typeof stats.memory_stats>;
      const inactive = details?.inactive_file ?? details?.total_inactive_file ?? 0;
      return {
        name,
        startedAt,
        nanoCores: Math.round(((total - before.total) / (milliseconds * nanosPerMilli)) * 1e9),
        coreNanoSeconds: total,
        memoryBytes: Math.max(0, (usage ?? 0) - inactive),
      };
    } catch {
      return undefined;
    }
  }
}
