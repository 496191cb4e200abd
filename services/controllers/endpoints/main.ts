import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { endpointsMachine } from "./effects.ts";

export const endpointsController: Component<ControllersConfig> = {
  name: "endpoints-controller",
  assemble: (host) => endpointsMachine(host),
};
