import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { garbageCollectorMachine } from "./effects.ts";

export const garbageCollectorController: Component<ControllersConfig> = {
  name: "garbage-collector-controller",
  assemble: (host) => garbageCollectorMachine(host),
};
