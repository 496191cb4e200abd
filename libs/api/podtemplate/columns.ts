/** Cells that resources with a pod template share. */
import type { PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";

export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ name }) => name ?? "").join(",");
}

export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ image }) => image ?? "").join(",");
}
