import type { Component } from "#libs/actor/component.ts";
import { replicasets } from "#libs/api/apps/v1/replicasets.ts";
import { selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { controllerUid } from "#libs/controller/ownership.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { ControllersConfig } from "../config.ts";
import { podKeepingController } from "./effects.ts";
import { viewOf } from "./view.ts";

export const replicaSetController: Component<ControllersConfig> = {
  name: "replicaset-controller",
  assemble(host) {
    sharedInformer(host, replicasets).addIndex("controller", controllerUid);
    return podKeepingController(host, {
      resource: replicasets,
      name: "replicaset-controller",
      view: (object) => viewOf("ReplicaSet", object),
      selector: ({ spec }) => selectorOfLabelSelector(spec?.selector),
    });
  },
};
