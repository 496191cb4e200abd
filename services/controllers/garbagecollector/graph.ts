/** Who depends on whom, over all resources, kept from the caches' notices. Plain data. */
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";

/** Names one object of any resource. */
export interface Reference {
  readonly resource: ResourceDefinition;
  readonly namespace: string;
  readonly name: string;
}

/** `<plural>.<group>/<namespace>/<name>`: names and groups have no slash. */
function nodeKey({ resource, namespace, name }: Reference): string {
  return `${resource.plural}.${resource.group}/${namespace}/${name}`;
}

export interface GraphNode extends Reference {
  readonly key: string;
  readonly uid: string;
  readonly object: KubeObject;
}

const none: ReadonlySet<string> = new Set();

export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #byUid = new Map<string, string>();
  /** Keys of the dependents by the uid of an owner, which need not be known. */
  readonly #dependents = new Map<string, Set<string>>();

  get(key: string): GraphNode | undefined {
    return this.#nodes.get(key);
  }

  byUid(uid: string): GraphNode | undefined {
    const key = this.#byUid.get(uid);
    return key === undefined ? undefined : this.#nodes.get(key);
  }

  dependentsOf(uid: string): GraphNode[] {
    const keys = this.#dependents.get(uid) ?? none;
    return [...keys].flatMap((key) => this.#nodes.get(key) ?? []);
  }

  put(resource: ResourceDefinition, object: KubeObject): GraphNode {
    const { namespace = "", name = "", uid = "" } = object.metadata ?? {};
    const key = nodeKey({ resource, namespace, name });
    this.#forget(key);
    const node: GraphNode = { key, resource, namespace, name, uid, object };
    this.#nodes.set(key, node);
    this.#byUid.set(uid, key);
    for (const owner of object.metadata?.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid ?? "") ?? new Set();
      dependents.add(key);
      this.#dependents.set(owner.uid ?? "", dependents);
    }
    return node;
  }

  remove(resource: ResourceDefinition, object: KubeObject): void {
    const { namespace = "", name = "" } = object.metadata ?? {};
    this.#forget(nodeKey({ resource, namespace, name }));
  }

  #forget(key: string): void {
    const node = this.#nodes.get(key);
    if (!node) return;
    this.#nodes.delete(key);
    if (this.#byUid.get(node.uid) === key) this.#byUid.delete(node.uid);
    for (const owner of node.object.metadata?.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid ?? "");
      dependents?.delete(key);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid ?? "");
    }
  }
}
