import type { Component } from "#libs/actor/component.ts";
import { replicationcontrollers } from "#libs/api/core/v1/replicationcontrollers.ts";
import { selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { controllerUid } from "#libs/controller/ownership.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { ReplicationController } from "#proto/gen/k8s/core/v1.ts";
import type { ControllersConfig } from "../config.ts";
import type { ReplicaSetView } from "../replicaset/decide.ts";
import { podKeepingController } from "../replicaset/effects.ts";

function view(object: ReplicationController): ReplicaSetView {
  const { spec, status, metadata } = object;
  return {
    kind: "ReplicationController",
    object,
    replicas: spec?.replicas ?? 1,
    minReadySeconds: spec?.minReadySeconds ?? 0,
    template: spec?.template ?? {},
    generation: metadata?.generation ?? 0,
    status,
  };
}

/** The elder of replica sets: the same decisions over another kind, as in Kubernetes. */
export const replicationController: Component<ControllersConfig> = {
  name: "replicationcontroller-controller",
  assemble(host) {
    sharedInformer(host, replicationcontrollers).addIndex("controller", controllerUid);
    return podKeepingController(host, {
      resource: replicationcontrollers,
      name: "replication-controller",
      view,
      selector: ({ spec }) => selectorOfLabelSelector({ matchLabels: spec?.selector ?? {} }),
    });
  },
};
