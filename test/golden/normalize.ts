/** Replaces what a server chooses by placeholders, as was done when the answers were recorded. */

const placeholders: Readonly<Record<string, string>> = {
  uid: "<uid>",
  resourceVersion: "<rv>",
  creationTimestamp: "<time>",
  deletionTimestamp: "<time>",
  lastTransitionTime: "<time>",
  lastUpdateTime: "<time>",
  lastProbeTime: "<time>",
  time: "<time>",
  startTime: "<time>",
  continue: "<continue>",
  clusterIP: "<ip>",
  nodePort: "<port>",
  healthCheckNodePort: "<port>",
  token: "<token>",
  expirationTimestamp: "<time>",
  firstTimestamp: "<time>",
  lastTimestamp: "<time>",
  eventTime: "<time>",
  renewTime: "<time>",
  acquireTime: "<time>",
  remainingItemCount: "<n>",
};

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const generated = /(gen-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const revision = /(resourceVersion: |resource version: |version )\d+/g;

export interface Normalization {
  /** The scenario's namespace, written $NS. */
  readonly namespace: string;
  /** Values that the client gave: they stay. */
  readonly given: ReadonlySet<unknown>;
}

export function normalize(value: unknown, options: Normalization, key = ""): unknown {
  const { namespace, given } = options;
  if (Array.isArray(value)) {
    if (key === "clusterIPs") return value.map((ip) => (given.has(ip) ? ip : "<ip>"));
    const items = value.map((item) => normalize(item, options));
    return key === "managedFields" ? items.sort(byText) : items;
  }
  if (typeof value === "object" && value !== null) {
    // Entries of managedFields are compared as text, in which the order of keys shows.
    const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const entries = sorted.map(([name, item]) => [
      name.replaceAll(namespace, "$NS"),
      normalize(item, options, name),
    ]);
    return Object.fromEntries(entries);
  }
  const placeholder = placeholders[key];
  const chosen = value !== null && value !== "" && value !== "None" && !given.has(value);
  if (placeholder !== undefined && chosen) return placeholder;
  return typeof value === "string" ? normalizeText(value, namespace, key) : value;
}

export function normalizeText(value: string, namespace: string, key = ""): string {
  const text = value.replaceAll(namespace, "$NS").replace(pem, "<pem>").replace(uuid, "<uid>");
  const named = key === "name" || key === "message" || key === "selfLink";
  return (named ? text.replace(generated, "$1<rand>") : text)
    .replace(time, "<time>")
    .replace(revision, "$1<rv>");
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Every scalar that stands in a value. */
export function scalarsOf(value: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) scalarsOf(item, found);
  } else found.add(value);
  return found;
}

/** Takes out what is not to be compared: paths like `items.0.metadata`. */
export function forget(body: unknown, paths: readonly string[]): void {
  for (const path of paths) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    const parent = fieldAt(body, steps.join(".")) as Record<string, unknown> | undefined;
    if (Array.isArray(parent)) parent[Number(last)] = null;
    else if (parent) delete parent[last];
  }
}

export function fieldAt(value: unknown, path: string): unknown {
  if (path === "") return value;
  let found = value;
  for (const step of path.split(".")) {
    found = (found as Record<string, unknown> | undefined)?.[step];
  }
  return found;
}

/**
 * Sentences in column descriptions are Kubernetes' own and not copied: only that there is one, or
 * none, is compared.
 */
export function withoutSentences(value: unknown): unknown {
  if (typeof value === "string") return value.replace(yamlDescription, "- ");
  if (Array.isArray(value)) return value.map(withoutSentences);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => key !== "description" || typeof item !== "string")
    .map(([key, item]) => [key, withoutSentences(item)]);
  return Object.fromEntries(entries);
}

/** A column's description in a table that is written in YAML, up to the next field. */
const yamlDescription = /^- description: [\s\S]*?^ {2}(?=format: )/gm;

/** Where two values differ, at most `differencesMax` places. */
export function differences(want: unknown, got: unknown, path = ""): string[] {
  if (want === got) return [];
  const both = [want, got].every((value) => typeof value === "object" && value !== null);
  if (!both || Array.isArray(want) !== Array.isArray(got)) {
    return [`${path}: want ${shown(want)} got ${shown(got)}`];
  }
  const keys = new Set([...Object.keys(want as object), ...Object.keys(got as object)]);
  const found: string[] = [];
  for (const key of keys) {
    const below = path === "" ? key : `${path}.${key}`;
    const [a, b] = [want, got].map((value) => (value as Record<string, unknown>)[key]);
    found.push(...differences(a, b, below));
    if (found.length > differencesMax) break;
  }
  return found;
}

const differencesMax = 12;
const shownMax = 220;
const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, shownMax);
