/**
 * Sets of field paths in the form in which they are stored, FieldsV1: an object per path element,
 * `{}` or one with "." for a path that is in the set. Elements are `f:name`, `k:{"name":"c"}`
 * (element of a map list), `v:"x"` (element of a set) and `i:0`. Laws and order are those of
 * structured-merge-diff's fieldpath.Set.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

interface MutableFieldSet {
  [element: string]: MutableFieldSet;
}

const self = ".";

/** Whether no field is in it. */
export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the node's own path is in the set; never asked of the root. */
const isMember = (node: FieldSet) => self in node || isEmptySet(node);

/** Collects paths; each is inserted from the root. */
export class FieldSetBuilder {
  readonly set: FieldSet = {};

  insert(path: readonly string[]): void {
    let node = this.set as MutableFieldSet;
    // A node that was made for the sake of what is below it is not in the set itself.
    let fresh = true;
    for (const [index, element] of path.entries()) {
      if (!fresh && isEmptySet(node)) node[self] = {};
      const next = node[element];
      const last = index === path.length - 1;
      if (next === undefined) {
        fresh = true;
        node = node[element] = {};
      } else {
        fresh = false;
        node = next;
        if (last && !isMember(node)) node[self] = {};
      }
    }
  }
}

/** Undefined for a node that holds nothing: neither itself nor anything below. */
type Node = FieldSet | undefined;

function nodeOf(member: boolean, children: MutableFieldSet): Node {
  const empty = isEmptySet(children);
  if (member) return empty ? children : { [self]: {}, ...children };
  return empty ? undefined : children;
}

type Combine = (left: FieldSet, right: FieldSet) => Node;

/** Applies `combine` to the children that both have; the others are kept where asked. */
function children(
  left: FieldSet,
  right: FieldSet,
  combine: Combine,
  keepLeft: boolean,
  keepRight: boolean,
): MutableFieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in left) {
    if (element === self) continue;
    const mine = left[element] as FieldSet;
    const other = right[element];
    const node = other === undefined ? (keepLeft ? mine : undefined) : combine(mine, other);
    if (node !== undefined) result[element] = node;
  }
  if (!keepRight) return result as MutableFieldSet;
  for (const element in right) {
    if (element !== self && !(element in left)) result[element] = right[element] as FieldSet;
  }
  return result as MutableFieldSet;
}

/** Fields that stand in one of the two. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  return children(left, right, unionNodes, true, true);
}

const unionNodes: Combine = (left, right) =>
  nodeOf(isMember(left) || isMember(right), children(left, right, unionNodes, true, true));

/** Fields that stand in both. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return children(left, right, intersectNodes, false, false);
}

const intersectNodes: Combine = (left, right) =>
  nodeOf(isMember(left) && isMember(right), children(left, right, intersectNodes, false, false));

/** Paths of `left` that are not in `right`; what is below a path of `right` stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return children(left, right, subtractNodes, true, false);
}

const subtractNodes: Combine = (left, right) =>
  nodeOf(isMember(left) && !isMember(right), children(left, right, subtractNodes, true, false));

/** Paths of `left` that are neither in `right` nor below one of its paths. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  return children(left, right, cutNodes, true, false);
}

const cutNodes: Combine = (left, right) =>
  isMember(right)
    ? undefined
    : nodeOf(isMember(left), children(left, right, cutNodes, true, false));

/** The set of the paths given as `status` or `spec.replicas`. */
export function fieldSetOfPaths(paths: readonly string[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path.split(".").map((name) => `f:${name}`));
  return builder.set;
}

/** True when the set has this element, by itself or with something below it. */
export const hasElement = (set: FieldSet, element: string): boolean => {
  const node = set[element];
  return node !== undefined && isMember(node);
};

/** What the set holds below an element; undefined when nothing. */
export function below(set: FieldSet, element: string): FieldSet | undefined {
  const node = set[element];
  if (node === undefined || isEmptySet(node)) return undefined;
  for (const child in node) if (child !== self) return node;
  return undefined;
}

const ranks: Readonly<Record<string, number>> = { ".": 0, f: 1, k: 2, v: 3, i: 4 };

/** Fields, then keys, then values, then indexes; numbers in keys and values by their size. */
export function compareElements(left: string, right: string): number {
  const rank = (ranks[left.charAt(0)] ?? 5) - (ranks[right.charAt(0)] ?? 5);
  if (rank !== 0) return rank;
  if (left.startsWith("f:") || left === right) return left < right ? -1 : left > right ? 1 : 0;
  return compareValues(JSON.parse(left.slice(2)), JSON.parse(right.slice(2)));
}

function compareValues(left: unknown, right: unknown): number {
  if (typeof left === "object" && typeof right === "object" && left !== null && right !== null) {
    for (const [name, value] of Object.entries(left)) {
      const order = compareValues(value, (right as Record<string, unknown>)[name]);
      if (order !== 0) return order;
    }
    return Object.keys(left).length - Object.keys(right).length;
  }
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [a, b] = [String(left), String(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The set with its elements in the order in which Kubernetes writes them. */
export function sortedSet(set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  if (elements.length === 0) return set;
  const result: Record<string, FieldSet> = {};
  for (const element of elements.sort(compareElements)) {
    result[element] = sortedSet(set[element] as FieldSet);
  }
  return result;
}

/** Every path, those that end at a node before those that go on below it. */
export function* pathsOf(
  set: FieldSet,
  prefix: readonly string[] = [],
): Generator<readonly string[]> {
  const elements = Object.keys(set)
    .filter((element) => element !== self)
    .sort(compareElements);
  for (const element of elements) {
    if (hasElement(set, element)) yield [...prefix, element];
  }
  for (const element of elements) {
    const inner = below(set, element);
    if (inner !== undefined) yield* pathsOf(inner, [...prefix, element]);
  }
}

/** A path as messages show it: `.spec.ports[port=80,protocol="TCP"].targetPort`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join("");
}

/** One element of a path as error messages show it: `.name`, `[key=value]`. */
export function elementText(element: string): string {
  const content = element.slice(2);
  switch (element.charAt(0)) {
    case "f":
      return `.${content}`;
    case "v":
      return `[=${content}]`;
    case "k": {
      const fields = Object.entries(JSON.parse(content) as Record<string, unknown>);
      return `[${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    }
    default:
      return `[${content}]`;
  }
}

/** No type is nested that deeply; the stack would end not far below. */
const depthMax = 1_000;

/** Whether a stored value is a set at all: elements of known form, nothing but objects. */
export function isFieldSet(value: unknown, levels = depthMax): value is FieldSet {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (levels === 0) return false;
  return Object.entries(value).every(
    ([element, inner]) => isElement(element) && isFieldSet(inner, levels - 1),
  );
}

function isElement(element: string): boolean {
  if (element === self || element.startsWith("f:")) return true;
  const content = element.slice(2);
  if (/^i:\d+$/.test(element)) return true;
  if (!element.startsWith("k:") && !element.startsWith("v:")) return false;
  try {
    const value: unknown = JSON.parse(content);
    return element.startsWith("v:") || (typeof value === "object" && value !== null);
  } catch {
    return false;
  }
}
