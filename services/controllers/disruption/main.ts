import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { disruptionMachine } from "./effects.ts";

export const disruptionController: Component<ControllersConfig> = {
  name: "disruption-controller",
  assemble: (host) => disruptionMachine(host),
};
