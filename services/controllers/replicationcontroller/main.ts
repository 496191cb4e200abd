import type { Component } from "#libs/actor/component.ts";
import { replicationcontrollers } from "#libs/api/core/v1/replicationcontrollers.ts";
import { selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { controllerUid } from "#libs/controller/ownership.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { ControllersConfig } from "../config.ts";
import { podKeepingController } from "../replicaset/effects.ts";
import { viewOf } from "../replicaset/view.ts";

/** The elder of replica sets: the same decisions over another kind, as in Kubernetes. */
export const replicationController: Component<ControllersConfig> = {
  name: "replicationcontroller-controller",
  assemble(host) {
    sharedInformer(host, replicationcontrollers).addIndex("controller", controllerUid);
    return podKeepingController(host, {
      resource: replicationcontrollers,
      name: "replication-controller",
      view: (object) => viewOf("ReplicationController", object),
      selector: ({ spec }) => selectorOfLabelSelector({ matchLabels: spec?.selector ?? {} }),
    });
  },
};
