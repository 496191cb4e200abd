/** NodeName: a pod that names its node runs there or nowhere. */
import type { FilterPlugin } from "../framework.ts";

export const nodeName: FilterPlugin = {
  name: "NodeName",
  prepareFilter({ pod }) {
    const wanted = pod.spec?.nodeName;
    if (!wanted) return undefined;
    const reasons = ["node(s) didn't match the requested node name"];
    return ({ name }) => (name === wanted ? undefined : { reasons, isFinal: true });
  },
};
