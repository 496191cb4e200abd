/** All controllers, in the order in which they start. */
import type { Component } from "#libs/actor/component.ts";
import type { ControllersConfig } from "./config.ts";
import { clusterRoleAggregationController } from "./clusterroleaggregation/main.ts";
import { deploymentController } from "./deployment/main.ts";
import { disruptionController } from "./disruption/main.ts";
import { endpointsController } from "./endpoints/main.ts";
import { endpointSliceController } from "./endpointslice/main.ts";
import { garbageCollectorController } from "./garbagecollector/main.ts";
import { namespaceController } from "./namespace/main.ts";
import { nodeLifecycleController } from "./nodelifecycle/main.ts";
import { podGarbageCollectorController } from "./podgarbagecollector/main.ts";
import { claimProtectionController } from "./pvcprotection/main.ts";
import { volumeProtectionController } from "./pvprotection/main.ts";
import { replicaSetController } from "./replicaset/main.ts";
import { replicationController } from "./replicationcontroller/main.ts";
import { resourceQuotaController } from "./resourcequota/main.ts";
import { rootCaPublisherController } from "./rootcapublisher/main.ts";
import { serviceAccountController } from "./serviceaccount/main.ts";
import { taintEvictionController } from "./tainteviction/main.ts";

export type { ControllersConfig } from "./config.ts";

export const components: readonly Component<ControllersConfig>[] = [
  serviceAccountController,
  rootCaPublisherController,
  clusterRoleAggregationController,
  namespaceController,
  replicaSetController,
  replicationController,
  deploymentController,
  endpointSliceController,
  endpointsController,
  nodeLifecycleController,
  taintEvictionController,
  podGarbageCollectorController,
  disruptionController,
  claimProtectionController,
  volumeProtectionController,
  resourceQuotaController,
  garbageCollectorController,
];

/**
 * Whether a controller runs under `--controllers`: `*` is all, a name that one, `-name` not that
 * one. The last word about a name counts.
 */
export function isEnabled(name: string, wishes: readonly string[] = ["*"]): boolean {
  return wishes.reduce((enabled, wish) => {
    if (wish === `-${name}`) return false;
    return wish === "*" || wish === name ? true : enabled;
  }, false);
}
