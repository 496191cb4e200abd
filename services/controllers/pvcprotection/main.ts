import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { claimProtectionMachine } from "./effects.ts";

export const claimProtectionController: Component<ControllersConfig> = {
  name: "persistentvolumeclaim-protection-controller",
  assemble: (host) => claimProtectionMachine(host),
};
