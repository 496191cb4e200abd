/** A rule with examples and its pattern, as Kubernetes prints one. */
export function shapeText(rule: string, pattern: string, examples: readonly string[] = []): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${pattern}')`;
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${rule} (e.g. ${shown}regex used for validation is '${pattern}')`;
}
