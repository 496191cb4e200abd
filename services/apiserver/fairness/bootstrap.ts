/**
 * How the API server keeps the flow schemas and priority levels that every cluster has, as
 * Kubernetes does (pkg/registry/flowcontrol/ensurer). Pure.
 */
import { semanticEqual } from "#libs/api/equality.ts";
import {
  autoUpdateAnnotation,
  mandatoryLevels,
  mandatorySchemas,
  suggestedLevels,
  suggestedSchemas,
} from "#libs/api/flowcontrol/v1/bootstrap.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { BootstrapObject } from "../decide.ts";

type Configured = KubeObject & { readonly spec?: object };

const levels = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io";
const schemas = "flowschemas.flowcontrol.apiserver.k8s.io";

/** Suggested ones first, and levels before the schemas that name them. */
export const flowControlObjects: readonly BootstrapObject[] = [
  ...suggestedLevels.map((object) => bootstrapObject(levels, object, "suggested")),
  ...suggestedSchemas.map((object) => bootstrapObject(schemas, object, "suggested")),
  ...mandatoryLevels.map((object) => bootstrapObject(levels, object, "mandatory")),
  ...mandatorySchemas.map((object) => bootstrapObject(schemas, object, "mandatory")),
];

export const flowControlResources: readonly string[] = [schemas, levels];

const ownNames = new Set(
  flowControlObjects.map(({ resource, object }) => `${resource}/${object.metadata?.name ?? ""}`),
);

/** True for one that an API server made once and that no cluster has any more. */
export function isRetired(resource: string, { metadata }: KubeObject): boolean {
  const isOwn = parseBool(metadata?.annotations?.[autoUpdateAnnotation]) === true;
  return isOwn && !ownNames.has(`${resource}/${metadata?.name ?? ""}`);
}

type Keeping = "mandatory" | "suggested";

function bootstrapObject(resource: string, object: Configured, keeping: Keeping): BootstrapObject {
  return {
    resource,
    namespace: "",
    object: object as BootstrapObject["object"],
    enforced: false,
    revise: (current) => revise(current, object, keeping),
  };
}

/** What takes the place of `current`; undefined when it may stay. */
export function revise(
  current: Configured,
  wanted: Configured,
  keeping: Keeping,
): Configured | undefined {
  const { metadata = {} } = current;
  const said = parseBool(metadata.annotations?.[autoUpdateAnnotation]);
  // Without a word an administrator's change shows in the generation.
  const updates = keeping === "mandatory" || (said ?? metadata.generation === 1);
  const differs = updates && !specHolds(current, wanted);
  if (said === updates && !differs) return undefined;
  const annotations = { ...metadata.annotations, [autoUpdateAnnotation]: String(updates) };
  const generation = (metadata.generation ?? 0) + (differs ? 1 : 0);
  return {
    ...current,
    ...(differs && wanted.spec ? { spec: structuredClone(wanted.spec) } : {}),
    metadata: { ...metadata, annotations, generation },
  };
}

/** How much the exempt level counts is an administrator's to say, even though it is mandatory. */
function specHolds(current: Configured, wanted: Configured): boolean {
  const isExempt = wanted.kind === "PriorityLevelConfiguration" && "exempt" in (wanted.spec ?? {});
  if (!isExempt) return semanticEqual(current.spec, wanted.spec);
  return semanticEqual({ ...current.spec, exempt: {} }, { ...wanted.spec, exempt: {} });
}

/** As Go's strconv.ParseBool; undefined for what it does not take. */
function parseBool(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : undefined;
}
