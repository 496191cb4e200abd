/** Resources that are served in several versions, or under several groups, and stored in one. */
import type { KubeObject, RequestFacts, ResourceDefinition, Subresource } from "./resource.ts";

type Part<T> = Extract<Subresource<T>, { type: "part" }>;

/** How another version looks and what it becomes when it is stored. */
export interface OtherVersion<T extends KubeObject, Stored extends KubeObject> {
  readonly group?: string;
  readonly version: string;
  /** Proto message, e.g. `k8s.autoscaling.v1.HorizontalPodAutoscaler`. */
  readonly message: string;
  /** Fills defaults of this version into a fresh draft, in place. */
  defaults?(draft: T): void;
  /** Total: what the other version cannot say is kept in some form, or lost as in Kubernetes. */
  fromStored(stored: Stored): T;
  /** Never changes its argument, like `fromStored`. */
  toStored(object: T): Stored;
  /** What the version does otherwise than the stored one. */
  readonly own?: Partial<ResourceDefinition<T>>;
}

/**
 * The definition of another version of `stored`: drafts are prepared and validated in the stored
 * form, as Kubernetes does it in its internal one, so that messages speak of its fields.
 */
export function servedAs<T extends KubeObject, Stored extends KubeObject>(
  stored: ResourceDefinition<Stored>,
  other: OtherVersion<T, Stored>,
): ResourceDefinition<T> {
  const { group = stored.group, version, message, fromStored, toStored, own } = other;
  const { validateUpdate, warnings, partition, gracefulDeletion } = stored;
  /** Lets the stored version change a draft of this one. */
  const through = (draft: T, change: (converted: Stored) => void): void => {
    const converted = toStored(draft);
    change(converted);
    replace(draft, fromStored(converted));
  };
  return {
    ...(stored as unknown as ResourceDefinition<T>),
    group,
    version,
    message,
    storedAs: {
      group: stored.group,
      version: stored.version,
      plural: stored.plural,
      fromStored: (object: KubeObject) => fromStored(object as Stored),
      toStored,
    },
    defaults: (draft) => {
      other.defaults?.(draft);
      through(draft, () => {});
    },
    prepareForCreate: (draft, facts) =>
      through(draft, (converted) => stored.prepareForCreate?.(converted, facts)),
    prepareForUpdate: (draft, old, facts) =>
      through(draft, (converted) => stored.prepareForUpdate?.(converted, toStored(old), facts)),
    validate: (object, facts) => stored.validate(toStored(object), facts),
    validateUpdate: (object, old, facts) =>
      validateUpdate === undefined
        ? stored.validate(toStored(object), facts)
        : validateUpdate(toStored(object), toStored(old), facts),
    // Kubernetes fills the defaults of the stored version whenever it reads an object.
    canonicalize: (object) =>
      through(object, (converted) => {
        stored.defaults?.(converted);
        stored.canonicalize?.(converted);
      }),
    warnings: (object, old) => warnings?.(toStored(object), old && toStored(old)) ?? [],
    subresources: stored.subresources.map((one) => throughSubresource(one, other)),
    printColumns: stored.printColumns.map((column) => ({
      ...column,
      cell: (object, now) => column.cell(toStored(object), now),
    })),
    fieldSelectors: Object.fromEntries(
      Object.entries(stored.fieldSelectors).map(([field, read]) => [
        field,
        (object: T) => read(toStored(object)),
      ]),
    ),
    ...(partition && { partition: (object: T) => partition(toStored(object)) }),
    ...(gracefulDeletion && {
      gracefulDeletion: (object: T, asked: number | undefined, facts: RequestFacts) =>
        gracefulDeletion(toStored(object), asked, facts),
    }),
    ...own,
  };
}

function throughSubresource<T extends KubeObject, Stored extends KubeObject>(
  subresource: Subresource<Stored>,
  { fromStored, toStored }: OtherVersion<T, Stored>,
): Subresource<T> {
  if (subresource.type === "scale") {
    return { ...subresource, selector: (object) => subresource.selector(toStored(object)) };
  }
  if (subresource.type !== "part") return subresource;
  const { merge, validateUpdate, ...rest } = subresource;
  const part: Part<T> = {
    ...rest,
    merge: (object, old, facts) => fromStored(merge(toStored(object), toStored(old), facts)),
  };
  if (validateUpdate === undefined) return part;
  return {
    ...part,
    validateUpdate: (object, old, facts) => validateUpdate(toStored(object), toStored(old), facts),
  };
}

/** Makes an object equal to another, in place. */
function replace(object: object, other: object): void {
  for (const key of Object.keys(object)) Reflect.deleteProperty(object, key);
  Object.assign(object, other);
}
