/** The runtimes that a kubelet can use. */
import type { World } from "#libs/actor/world.ts";
import type { KubeletConfig } from "../config.ts";
import { podCidrOf } from "../node/facts.ts";
import type { Runtime } from "../runtime.ts";
import { simulatedRuntime } from "./simulated/runtime.ts";

export interface RuntimeSurroundings {
  readonly world: World;
  readonly node: string;
  /** Tells the pods of several clusters on one machine apart. */
  readonly cluster: string;
}

/** Connects to the configured runtime. Rejects when it is out of reach. */
export async function openRuntime(
  config: KubeletConfig,
  { world, node, cluster }: RuntimeSurroundings,
): Promise<Runtime> {
  switch (config.runtime) {
    case "simulated":
      return simulatedRuntime(`${cluster}/${node}`, world, config.podCidr ?? podCidrOf(node));
    case "docker": {
      // Loaded only where it is used: it costs start-up time.
      const { openDockerRuntime } = await import("./docker/runtime.ts");
      return openDockerRuntime({ world, node, cluster });
    }
  }
}
