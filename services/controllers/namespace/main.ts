import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { namespaceMachine } from "./effects.ts";

export const namespaceController: Component<ControllersConfig> = {
  name: "namespace-controller",
  assemble: (host) => namespaceMachine(host),
};
