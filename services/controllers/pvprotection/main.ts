import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { volumeProtectionMachine } from "./effects.ts";

export const volumeProtectionController: Component<ControllersConfig> = {
  name: "persistentvolume-protection-controller",
  assemble: (host) => volumeProtectionMachine(host),
};
