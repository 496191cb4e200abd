/** The containers of a pod, of all three kinds. */
import type { Container, EphemeralContainer, PodSpec } from "#proto/gen/k8s/core/v1.ts";

/** Every container with its path, in Kubernetes' order. */
export function allContainers(
  { initContainers = [], containers = [], ephemeralContainers = [] }: PodSpec,
  path: string,
): { container: Container | EphemeralContainer; path: string }[] {
  const at = (name: string) => (container: Container | EphemeralContainer, index: number) => ({
    container,
    path: `${path}.${name}[${index}]`,
  });
  return [
    ...initContainers.map(at("initContainers")),
    ...containers.map(at("containers")),
    ...ephemeralContainers.map(at("ephemeralContainers")),
  ];
}
