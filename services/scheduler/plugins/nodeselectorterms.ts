/** Node selector terms, as node affinity and volumes use them: pure. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm } from "#proto/gen/k8s/core/v1.ts";

/** A term without any requirement matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata?.labels ?? {};
  const fields: Readonly<Record<string, string>> = { "metadata.name": node.metadata?.name ?? "" };
  return (
    matchExpressions.every((requirement) => matches(requirement, labels)) &&
    matchFields.every((requirement) => matches(requirement, fields))
  );
}

/** One term is enough. */
export const matchesAnyTerm = (terms: readonly NodeSelectorTerm[], node: Node) =>
  terms.some((term) => matchesTerm(term, node));

function matches(
  { key = "", operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return isWhole(value) && Number(value) > Number(values[0]);
    case "Lt":
      return isWhole(value) && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

const isWhole = (value: string | undefined) => value !== undefined && /^-?\d+$/.test(value);
