import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { deploymentMachine } from "./effects.ts";

export const deploymentController: Component<ControllersConfig> = {
  name: "deployment-controller",
  assemble: (host) => deploymentMachine(host),
};
