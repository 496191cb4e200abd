import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { nodeLifecycleMachine } from "./effects.ts";

export const nodeLifecycleController: Component<ControllersConfig> = {
  name: "node-lifecycle-controller",
  assemble: (host, config) => nodeLifecycleMachine(host, config),
};
