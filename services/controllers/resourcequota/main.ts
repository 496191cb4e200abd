import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { resourceQuotaMachine } from "./effects.ts";

export const resourceQuotaController: Component<ControllersConfig> = {
  name: "resourcequota-controller",
  assemble: (host) => resourceQuotaMachine(host),
};
