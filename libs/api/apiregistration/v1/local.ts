/** The APIServices of what an API server answers itself. */
import type { APIService } from "#proto/gen/k8s/apiregistration/v1.ts";

/** Says how long the API server keeps an APIService: "onstart" is looked at when it starts. */
export const managedLabel = "kube-aggregator.kubernetes.io/automanaged";

/** Places of groups in discovery, the highest first, as kube-apiserver has them. */
const groupPriorities: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "resource.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
};

const versionPriorities: Readonly<Record<string, number>> = {
  "/v1": 1,
  "autoscaling/v2": 30,
  "resource.k8s.io/v1": 21,
  "flowcontrol.apiserver.k8s.io/v1": 21,
};
const versionPriorityDefault = 15;

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** One for every group and version, each once; none for a group that has no place. */
export function localServices(versions: readonly GroupVersion[]): APIService[] {
  const services = new Map<string, APIService>();
  for (const { group, version } of versions) {
    const groupPriorityMinimum = groupPriorities[group];
    if (groupPriorityMinimum === undefined) continue;
    const name = `${version}.${group}`;
    services.set(name, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name, labels: { [managedLabel]: "onstart" } },
      spec: {
        group,
        version,
        groupPriorityMinimum,
        versionPriority: versionPriorities[`${group}/${version}`] ?? versionPriorityDefault,
      },
    });
  }
  return [...services.values()];
}
