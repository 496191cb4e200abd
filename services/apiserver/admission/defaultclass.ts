/** Which class is the default one, of those that say that they are. */
import type { KubeObject } from "#libs/api/resource.ts";

/** The newest, of the same second by name (Kubernetes' storage and networking utilities). */
export function newestDefault(
  classes: Iterable<KubeObject>,
  annotations: readonly string[],
): string | undefined {
  const [newest] = [...classes]
    .filter(({ metadata }) => annotations.some((one) => metadata?.annotations?.[one] === "true"))
    .sort(byAge);
  return newest?.metadata?.name;
}

function byAge({ metadata: one }: KubeObject, { metadata: other }: KubeObject): number {
  const age = Date.parse(other?.creationTimestamp ?? "") - Date.parse(one?.creationTimestamp ?? "");
  if (age !== 0) return age;
  return (one?.name ?? "") < (other?.name ?? "") ? -1 : 1;
}
