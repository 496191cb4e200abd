/** The default profile: which plugins take part, in Kubernetes' order and with its weights. */
import type { FilterPlugin, PreEnqueuePlugin, ScorePlugin } from "./framework.ts";
import { balancedAllocation } from "./plugins/balancedallocation.ts";
import { imageLocality } from "./plugins/imagelocality.ts";
import { nodeAffinity } from "./plugins/nodeaffinity.ts";
import { nodeName } from "./plugins/nodename.ts";
import { nodePorts } from "./plugins/nodeports.ts";
import { nodeResourcesFit } from "./plugins/noderesourcesfit.ts";
import { nodeUnschedulable } from "./plugins/nodeunschedulable.ts";
import { schedulingGates } from "./plugins/schedulinggates.ts";
import { taintToleration } from "./plugins/tainttoleration.ts";

export interface Profile {
  /** Pods ask for it by spec.schedulerName. */
  readonly schedulerName: string;
  readonly preEnqueue: readonly PreEnqueuePlugin[];
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly { readonly plugin: ScorePlugin; readonly weight: number }[];
}

export const defaultProfile: Profile = {
  schedulerName: "default-scheduler",
  preEnqueue: [schedulingGates],
  filters: [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
  ],
  scores: [
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeAffinity, weight: 2 },
    { plugin: nodeResourcesFit, weight: 1 },
    { plugin: balancedAllocation, weight: 1 },
    { plugin: imageLocality, weight: 1 },
  ],
};
