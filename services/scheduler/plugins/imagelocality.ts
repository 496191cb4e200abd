/** ImageLocality: nodes that have the pod's images already score higher. */
import type { Score, ScorePlugin } from "../framework.ts";
import { scoreMax } from "../framework.ts";
import type { NodeInfo, PodFacts } from "../snapshot.ts";

const mebibyte = 1024 * 1024;
/** Below this many bytes an image makes no difference, above that (a container) no more. */
const bytesMin = 23 * mebibyte;
const bytesPerContainerMax = 1_000 * mebibyte;

/** An image without a tag means `latest`. */
const withTag = (image: string) =>
  image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;

export const imageLocality: ScorePlugin = {
  name: "ImageLocality",
  prepareScore({ pod }: PodFacts, nodes: readonly NodeInfo[]): Score | undefined {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    const images = containers.flatMap(({ image }) => (image ? [withTag(image)] : []));
    const spread = new Map(
      images.map((image) => [image, nodes.filter((node) => node.images.has(image)).length]),
    );
    if ([...spread.values()].every((count) => count === 0)) return undefined;
    const bytesMax = bytesPerContainerMax * containers.length;
    return {
      score(node) {
        // Counted by the share of nodes that have it, so that one node does not draw everything.
        const bytes = images.reduce((sum, image) => {
          const size = node.images.get(image) ?? 0;
          return sum + (size * (spread.get(image) ?? 0)) / nodes.length;
        }, 0);
        const counted = Math.min(Math.max(bytes, bytesMin), bytesMax);
        return Math.floor((scoreMax * (counted - bytesMin)) / (bytesMax - bytesMin));
      },
    };
  },
};
