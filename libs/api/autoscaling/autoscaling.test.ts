import { expect, test } from "vitest";
import type { HorizontalPodAutoscalerSpec, MetricSpec } from "#proto/gen/k8s/autoscaling/v2.ts";
import { fieldErrorText } from "../errors.ts";
import { oldHorizontalpodautoscalers as old } from "./v1/horizontalpodautoscalers.ts";
import { horizontalpodautoscalers } from "./v2/horizontalpodautoscalers.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };

const scalerOf = (spec: HorizontalPodAutoscalerSpec) => ({
  metadata: { name: "a", namespace: "n" },
  spec: { maxReplicas: 2, scaleTargetRef, ...spec },
});

const up = "spec.behavior.scaleUp";
const policy = { type: "Pods", value: 1, periodSeconds: 1 };

test.each<[string, HorizontalPodAutoscalerSpec, string[]]>([
  ["nothing more", {}, []],
  [
    "no pods at all",
    { minReplicas: 0 },
    [
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
      "spec.metrics: Forbidden: must specify at least one Object or External metric to support " +
        "scaling to zero replicas",
    ],
  ],
  [
    "no upper end",
    { maxReplicas: 0 },
    ["spec.maxReplicas: Required value: must be set and greater than 0"],
  ],
  [
    "the ends the wrong way round",
    { minReplicas: 3 },
    ["spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"],
  ],
  [
    "a target without names",
    { scaleTargetRef: { apiVersion: "apps/v1" } },
    ["spec.scaleTargetRef.kind: Required value", "spec.scaleTargetRef.name: Required value"],
  ],
  [
    "a target of the core group",
    { scaleTargetRef: { apiVersion: "v1", kind: "Pod", name: "p" } },
    ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
  ],
  [
    "a core target that can be scaled",
    { scaleTargetRef: { apiVersion: "v1", kind: "ReplicationController", name: "p" } },
    [],
  ],
  [
    "rules without policies",
    { behavior: { scaleUp: { stabilizationWindowSeconds: 3601 } } },
    [
      `${up}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600`,
      `${up}.policies: Required value: must specify at least one Policy`,
    ],
  ],
  [
    "a word for another policy",
    { behavior: { scaleUp: { selectPolicy: "Some", policies: [policy] } } },
    [`${up}.selectPolicy: Unsupported value: "Some": supported values: "Disabled", "Max", "Min"`],
  ],
  [
    "a policy of nothing",
    { behavior: { scaleUp: { policies: [{}] } } },
    [
      `${up}.policies[0].type: Unsupported value: "": supported values: "Percent", "Pods"`,
      `${up}.policies[0].value: Invalid value: 0: must be greater than zero`,
      `${up}.policies[0].periodSeconds: Invalid value: 0: must be greater than zero`,
    ],
  ],
  [
    "a period that is too long",
    { behavior: { scaleUp: { policies: [{ ...policy, periodSeconds: 1801 }] } } },
    [`${up}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800`],
  ],
  [
    "a tolerance below nothing",
    { behavior: { scaleUp: { tolerance: "-1", policies: [policy] } } },
    [`${up}.tolerance: Invalid value: "-1": must be greater than or equal to 0`],
  ],
])("an autoscaler: %s", (_, spec, expected) => {
  const errors = horizontalpodautoscalers.validate(scalerOf(spec), facts);
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

const at = "spec.metrics[0]";
const byValue = { type: "Value", value: "1" };

test.each<[string, MetricSpec, string[]]>([
  [
    "of no type",
    {},
    [
      `${at}.type: Required value: must specify a metric source type`,
      `${at}.type: Unsupported value: "": supported values: "ContainerResource", "External", ` +
        '"Object", "Pods", "Resource"',
      `${at}.type: Unsupported value: "": supported values: "ContainerResource", "External", ` +
        '"Object", "Pods", "Resource"',
    ],
  ],
  [
    "without its source",
    { type: "Pods" },
    [`${at}.pods: Required value: must populate information for the given metric source`],
  ],
  [
    "with two sources",
    {
      type: "Pods",
      pods: { metric: { name: "m" }, target: { type: "AverageValue", averageValue: "1" } },
      external: { metric: { name: "m" }, target: byValue },
    },
    [`${at}.external: Forbidden: must populate the given metric source only`],
  ],
  [
    "an object without a target",
    {
      type: "Object",
      object: { describedObject: { kind: "Service", name: "s" }, metric: { name: "a/b" } },
    },
    [
      `${at}.object.metric.name: Invalid value: "a/b": may not contain '/'`,
      `${at}.object.target.type: Required value: must specify a metric target type`,
      `${at}.object.target.type: Invalid value: "": must be either Utilization, Value, or ` +
        "AverageValue",
      `${at}.object.target.averageValue: Required value: must set either a target value or ` +
        "averageValue",
    ],
  ],
  [
    "external with both targets",
    {
      type: "External",
      external: { metric: { name: "m" }, target: { ...byValue, averageValue: "0" } },
    },
    [
      `${at}.external.target.averageValue: Invalid value: "0": must be positive`,
      `${at}.external.target.value: Forbidden: may not set both a target value for metric and a ` +
        "per-pod target",
    ],
  ],
  [
    "pods by a value",
    { type: "Pods", pods: { metric: {}, target: byValue } },
    [
      `${at}.pods.metric.name: Required value: must specify a metric name`,
      `${at}.pods.target.averageValue: Required value: must specify a positive target averageValue`,
    ],
  ],
  [
    "a resource with both targets",
    {
      type: "Resource",
      resource: {
        target: { type: "Utilization", averageUtilization: 0, averageValue: "1" },
      },
    },
    [
      `${at}.resource.name: Required value: must specify a resource name`,
      `${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
      `${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a ` +
        "target utilization",
    ],
  ],
  [
    "a container that is not named",
    {
      type: "ContainerResource",
      containerResource: { name: "cpu", target: { type: "Utilization" } },
    },
    [
      `${at}.containerResource.container: Required value: must specify a container`,
      `${at}.containerResource.target.averageUtilization: Required value: must set either a ` +
        "target raw value or a target utilization",
    ],
  ],
])("a metric: %s", (_, metric, expected) => {
  const errors = horizontalpodautoscalers.validate(scalerOf({ metrics: [metric] }), facts);
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

test("what the first version cannot say is kept in annotations", () => {
  const metrics = [
    {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
    },
    { type: "External", external: { metric: { name: "m" }, target: byValue } },
  ];
  const behavior = { scaleDown: { selectPolicy: "Disabled", policies: [policy] } };
  const stored = scalerOf({ metrics, behavior });
  const shown = old.storedAs?.fromStored(stored) as never as typeof stored;
  const { metadata, spec } = shown as { metadata: { annotations?: object }; spec: object };
  expect(spec).toEqual({ maxReplicas: 2, scaleTargetRef, targetCPUUtilizationPercentage: 50 });
  expect(Object.keys(metadata.annotations ?? {})).toEqual([
    "autoscaling.alpha.kubernetes.io/metrics",
    "autoscaling.alpha.kubernetes.io/behavior",
  ]);
  const back = old.storedAs?.toStored(shown);
  // The metric of the CPU comes last, as it does in Kubernetes.
  expect(back).toMatchObject({ spec: { metrics: metrics.toReversed(), behavior } });
  expect(back?.metadata?.annotations).toBeUndefined();
});

test("rows", () => {
  const target = { type: "Utilization", averageUtilization: 50 };
  const metrics = [
    { type: "Resource", resource: { name: "cpu", target } },
    { type: "External", external: { metric: { name: "m" }, target: byValue } },
    { type: "Pods", pods: { metric: { name: "m" }, target: { averageValue: "2" } } },
  ];
  const currentMetrics = [
    { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 7 } } },
    { type: "External", external: { current: {} } },
  ];
  const scaler = { ...scalerOf({ metrics }), status: { currentReplicas: 1, currentMetrics } };
  const row = horizontalpodautoscalers.printColumns.map(({ cell }) => cell(scaler, 0));
  const targets = "cpu: 7%/50%, <nil>/1 + 1 more...";
  expect(row).toEqual(["a", "Deployment/d", targets, "<unset>", 2, 1, "<unknown>"]);
  const none = horizontalpodautoscalers.printColumns[2]?.cell(scalerOf({ metrics }), 0);
  expect(none).toBe("cpu: <unknown>/50%, <unknown>/1 + 1 more...");
});
