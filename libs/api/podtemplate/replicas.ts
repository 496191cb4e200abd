/** Counts of pods that controllers report, and the columns that show them. */
import type { PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import { invalid, type FieldError } from "../errors.ts";
import type { KubeObject, PrintColumn } from "../resource.ts";
import { nonNegative } from "../validation/fields.ts";
import { containerImages, containerNames } from "./columns.ts";

export interface ReplicaCounts {
  readonly replicas?: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly observedGeneration?: number;
}

/** The status of a replica set or replication controller. */
export function validateReplicaCounts(status: ReplicaCounts, path: string): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const errors = (
    [
      "replicas",
      "fullyLabeledReplicas",
      "readyReplicas",
      "availableReplicas",
      "observedGeneration",
    ] as const
  ).flatMap((field) => nonNegative(`${path}.${field}`, status[field]));
  const counts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] as const;
  for (const field of counts) {
    const count = status[field] ?? 0;
    if (count <= replicas) continue;
    errors.push(invalid(`${path}.${field}`, count, "cannot be greater than status.replicas"));
  }
  if (availableReplicas > readyReplicas) {
    const detail = "cannot be greater than readyReplicas";
    errors.push(invalid(`${path}.availableReplicas`, availableReplicas, detail));
  }
  return errors;
}

/** Wide columns of everything that has a pod template and a selector. */
export function templateColumns<T extends KubeObject>(
  template: (object: T) => PodTemplateSpec | undefined,
  selector: (object: T) => string,
): PrintColumn<T>[] {
  const wide = (name: string, description: string, cell: (object: T) => string) =>
    ({ name, type: "string", priority: 1, description, cell }) as const;
  return [
    wide("Containers", "Names of the containers in the template.", (object) =>
      containerNames(template(object)),
    ),
    wide("Images", "Images of the containers in the template.", (object) =>
      containerImages(template(object)),
    ),
    wide("Selector", "Which pods it counts as its own.", (object) => selector(object) || "<none>"),
  ];
}
