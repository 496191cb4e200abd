/** HorizontalPodAutoscalers as they were: one target for the CPU. The rest is in annotations. */
import { horizontalpodautoscalers as stored } from "../v2/horizontalpodautoscalers.ts";
import { servedAs } from "../../version.ts";
import { fromStored, toStored } from "./horizontalpodautoscalers/convert.ts";

export const oldHorizontalpodautoscalers = servedAs(stored, {
  version: "v1",
  message: "k8s.autoscaling.v1.HorizontalPodAutoscaler",
  // The target is filled while the annotations are read, which may name other metrics.
  defaults: (autoscaler) => {
    autoscaler.spec ??= {};
    autoscaler.spec.minReplicas ??= 1;
  },
  fromStored,
  toStored,
});
