/** The runtimes that a kubelet can use. */
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { World } from "#libs/actor/world.ts";
import type { KubeletConfig } from "../config.ts";
import { podCidrOf } from "../node/facts.ts";
import type { Runtime } from "../runtime.ts";
import type { Sources } from "../sources.ts";
import { simulatedRuntime } from "./simulated/runtime.ts";

export interface RuntimeSurroundings {
  readonly world: World;
  readonly node: string;
  /** Tells the pods of several clusters on one machine apart. */
  readonly cluster: string;
  /** What pods refer to. */
  readonly sources: Sources;
}

/** Connects to the configured runtime. Rejects when it is out of reach. */
export async function openRuntime(
  config: KubeletConfig,
  { world, node, cluster, sources }: RuntimeSurroundings,
): Promise<Runtime> {
  switch (config.runtime) {
    case "simulated": {
      const podCidr = config.podCidr ?? podCidrOf(node);
      const runtime = simulatedRuntime(`${cluster}/${node}`, world, podCidr);
      // It outlives its kubelet; what it reads with does not.
      runtime.heed(sources);
      return runtime;
    }
    case "docker": {
      // Loaded only where it is used: it costs start-up time.
      const { openDockerRuntime } = await import("./docker/runtime.ts");
      const folder = resolve(config.data ?? join(tmpdir(), "kubus", cluster, node));
      return openDockerRuntime({ world, node, cluster, folder, sources });
    }
  }
}
