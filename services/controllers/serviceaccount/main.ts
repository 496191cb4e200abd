import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { serviceAccountMachine } from "./effects.ts";

export const serviceAccountController: Component<ControllersConfig> = {
  name: "serviceaccount-controller",
  assemble: (host) => serviceAccountMachine(host),
};
