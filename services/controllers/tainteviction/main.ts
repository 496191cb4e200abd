import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { taintEvictionMachine } from "./effects.ts";

export const taintEvictionController: Component<ControllersConfig> = {
  name: "taint-eviction-controller",
  assemble: (host) => taintEvictionMachine(host),
};
