import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { rootCaPublisherMachine } from "./effects.ts";

export const rootCaPublisherController: Component<ControllersConfig> = {
  name: "root-ca-certificate-publisher-controller",
  assemble: (host, config) => rootCaPublisherMachine(host, config),
};
