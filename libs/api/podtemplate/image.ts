/** Image references, as far as defaults depend on them (github.com/distribution/reference). */

const pathPart = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const domainPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const reference = new RegExp(
  `^(?:${domain}/)?${pathPart}(?:/${pathPart})*` +
    "(?::(?<tag>\\w[\\w.-]{0,127}))?" +
    "(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$",
);

/** Only `latest`, said or meant, is pulled anew each time. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  const groups = reference.exec(image)?.groups;
  // What cannot be parsed has no tag.
  if (groups === undefined) return "IfNotPresent";
  const { tag, digest } = groups;
  const latest = tag === "latest" || (tag === undefined && digest === undefined);
  return latest ? "Always" : "IfNotPresent";
}
