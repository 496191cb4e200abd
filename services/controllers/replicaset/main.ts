import type { Component } from "#libs/actor/component.ts";
import { replicasets } from "#libs/api/apps/v1/replicasets.ts";
import { selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { controllerUid } from "#libs/controller/ownership.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { ControllersConfig } from "../config.ts";
import { podKeepingController } from "./effects.ts";
import type { ReplicaSetView } from "./decide.ts";

function view(object: ReplicaSet): ReplicaSetView {
  const { spec, status, metadata } = object;
  return {
    kind: "ReplicaSet",
    object,
    replicas: spec?.replicas ?? 1,
    minReadySeconds: spec?.minReadySeconds ?? 0,
    template: spec?.template ?? {},
    generation: metadata?.generation ?? 0,
    status,
  };
}

export const replicaSetController: Component<ControllersConfig> = {
  name: "replicaset-controller",
  assemble(host) {
    sharedInformer(host, replicasets).addIndex("controller", controllerUid);
    return podKeepingController(host, {
      resource: replicasets,
      name: "replicaset-controller",
      view,
      selector: ({ spec }) => selectorOfLabelSelector(spec?.selector),
    });
  },
};
