/**
 * Fields that the API knows but Kubernetes 1.36 has switched off by default: a write drops them.
 * (Feature gates: ContainerStopSignals, ClusterTrustBundleProjection, PodCertificateProjection,
 * GenericWorkload.)
 */
import type { Container, EphemeralContainer, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { allContainers } from "./allcontainers.ts";

export function dropDisabledFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  delete spec.schedulingGroup;
  for (const { container } of allContainers(spec, "")) dropStopSignal(container);
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  }
}

function dropStopSignal(container: Container | EphemeralContainer): void {
  if (container.lifecycle?.stopSignal === undefined) return;
  delete container.lifecycle.stopSignal;
  if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
}
