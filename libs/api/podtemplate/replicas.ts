/** Counts of pods that controllers report, and the columns that show them. */
import type { PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import { invalid, type FieldError } from "../errors.ts";
import { ageColumn, nameColumn } from "../printing.ts";
import type { KubeObject, PrintColumn } from "../resource.ts";
import { nonNegative } from "../validation/fields.ts";
import { containerImages, containerNames } from "./columns.ts";

export interface ReplicaCounts {
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly observedGeneration?: number;
  readonly collisionCount?: number;
}

type CountName = keyof ReplicaCounts;

/** Counts of replica sets and replication controllers, in the order in which they are checked. */
export const replicaSetCounts: readonly CountName[] = [
  "replicas",
  "fullyLabeledReplicas",
  "readyReplicas",
  "availableReplicas",
  "observedGeneration",
];

/** No count is negative, no part exceeds the whole, and what is available is ready. */
export function validateReplicaCounts(
  status: ReplicaCounts,
  counts: readonly CountName[],
  path: string,
): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const errors = counts.flatMap((count) => nonNegative(`${path}.${count}`, status[count]));
  for (const part of counts.filter((count) => partsOfReplicas.has(count))) {
    const count = status[part] ?? 0;
    if (count <= replicas) continue;
    errors.push(invalid(`${path}.${part}`, count, "cannot be greater than status.replicas"));
  }
  if (availableReplicas > readyReplicas) {
    const detail = "cannot be greater than readyReplicas";
    errors.push(invalid(`${path}.availableReplicas`, availableReplicas, detail));
  }
  return errors;
}

/** Collisions of names are counted and never forgotten; absent is less than 0. */
export function validateCollisions(
  count: number | undefined,
  before: number | undefined,
  path: string,
): FieldError[] {
  if (before === undefined || (count !== undefined && count >= before)) return [];
  return [invalid(`${path}.collisionCount`, count ?? 0, "cannot be decremented")];
}

const partsOfReplicas: ReadonlySet<CountName> = new Set([
  "updatedReplicas",
  "fullyLabeledReplicas",
  "readyReplicas",
  "availableReplicas",
]);

interface Replicated extends KubeObject {
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplateSpec };
  readonly status?: ReplicaCounts;
}

/** The row of a replica set or replication controller; `selector` as text. */
export function replicaColumns<T extends Replicated>(
  selector: (object: T) => string,
): PrintColumn<T>[] {
  const number = (name: string, description: string, cell: (object: T) => number | undefined) =>
    ({
      name,
      type: "integer",
      description,
      cell: (object: T) => cell(object) ?? 0,
    }) as const;
  return [
    nameColumn,
    number("Desired", "How many pods are wanted.", ({ spec }) => spec?.replicas),
    number("Current", "How many pods there are.", ({ status }) => status?.replicas),
    number("Ready", "How many of them are ready.", ({ status }) => status?.readyReplicas),
    ageColumn,
    ...templateColumns<T>(selector),
  ];
}

interface Templated extends KubeObject {
  readonly spec?: { readonly template?: PodTemplateSpec };
}

/** Wide columns of everything that has a pod template and a selector. */
export function templateColumns<T extends Templated>(
  selector: (object: T) => string,
): PrintColumn<T>[] {
  const wide = (name: string, description: string, cell: (object: T) => string) =>
    ({ name, type: "string", priority: 1, description, cell }) as const;
  return [
    wide("Containers", "Names of the containers in the template.", ({ spec }) =>
      containerNames(spec?.template),
    ),
    wide("Images", "Images of the containers in the template.", ({ spec }) =>
      containerImages(spec?.template),
    ),
    wide("Selector", "Which pods it counts as its own.", (object) => selector(object) || "<none>"),
  ];
}
