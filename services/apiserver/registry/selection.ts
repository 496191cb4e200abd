/** What a list or watch is limited to: selectors as one test of a stored version. */
import { badRequest } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { matchesSelector, parseFieldSelector, parseLabelSelector } from "#libs/api/selectors.ts";
import type { StoredVersion } from "./cache/version.ts";
import type { Place, ReadOptions } from "./request.ts";

export interface Selection {
  /** True when there is nothing to test. */
  readonly everything: boolean;
  /** The only name that can match, when one is asked for. */
  readonly name: string | undefined;
  readonly matches: (version: StoredVersion) => boolean;
}

type Test = (version: StoredVersion) => boolean;

const everything: Selection = { everything: true, name: undefined, matches: () => true };

/** Throws BadRequest, worded as Kubernetes, for selectors that are malformed or not supported. */
export function compileSelection(place: Place, options: ReadOptions): Selection {
  const { labelSelector = "", fieldSelector = "" } = options;
  const tests: Test[] = [];
  let name = place.name === "" ? undefined : place.name;
  if (name !== undefined) tests.push((version) => version.name === place.name);
  if (labelSelector !== "") {
    const selector = parseLabelSelector(labelSelector);
    tests.push(({ object }) => matchesSelector(selector, object.metadata?.labels));
  }
  if (fieldSelector !== "") {
    for (const { field, operator, value } of parseFieldSelector(fieldSelector)) {
      const read = fieldReader(place.definition, field);
      const equal = operator === "=";
      if (field === "metadata.name" && equal) name ??= value;
      tests.push((version) => (read(version) === value) === equal);
    }
  }
  if (tests.length === 0) return everything;
  const matches: Test = (version) => tests.every((test) => test(version));
  return { everything: false, name, matches };
}

function fieldReader(
  definition: ResourceDefinition,
  field: string,
): (version: StoredVersion) => string {
  if (field === "metadata.name") return ({ name }) => name;
  if (field === "metadata.namespace" && definition.scope === "Namespaced") {
    return ({ namespace }) => namespace;
  }
  const canonical = definition.fieldAliases?.[field] ?? field;
  const read = definition.fieldSelectors[canonical];
  if (read === undefined) throw badRequest(unknownFieldText(definition, field));
  return (version) => read(version.as(definition).object as KubeObject);
}

/** Kinds with fields of their own are told otherwise than those that have the two of all kinds. */
function unknownFieldText(definition: ResourceDefinition, field: string): string {
  const { group, version, kind, fieldSelectors } = definition;
  if (kind === "Job") return `field label ${goQuote(field)} not supported for Job`;
  if (kind === "ResourceSlice") {
    return `field label not supported for ${group}/${version}, Kind=${kind}: ${field}`;
  }
  if (Object.keys(fieldSelectors).length > 0) return `field label not supported: ${field}`;
  const known = '"metadata.name", "metadata.namespace"';
  return `${goQuote(field)} is not a known field selector: only ${known}`;
}
