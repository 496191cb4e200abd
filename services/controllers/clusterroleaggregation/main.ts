import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "../config.ts";
import { clusterRoleAggregationMachine } from "./effects.ts";

export const clusterRoleAggregationController: Component<ControllersConfig> = {
  name: "clusterrole-aggregation-controller",
  assemble: (host) => clusterRoleAggregationMachine(host),
};
