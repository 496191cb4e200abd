import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { podGarbageCollectorMachine } from "./effects.ts";

export const podGarbageCollectorController: Component<ControllersConfig> = {
  name: "pod-garbage-collector-controller",
  assemble: (host) => podGarbageCollectorMachine(host),
};
