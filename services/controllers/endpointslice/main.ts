import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { endpointSliceMachine } from "./effects.ts";

export const endpointSliceController: Component<ControllersConfig> = {
  name: "endpointslice-controller",
  assemble: (host) => endpointSliceMachine(host),
};
