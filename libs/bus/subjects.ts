/**
 * Every subject that Kubus uses. Tokens run from general to specific; names are percent-escaped so
 * that they stay one token and readable in `nats sub`.
 */
import { createHash } from "node:crypto";

/** Names one object or, with parts left out, many. `""` group is `core`, `""` namespace is `_`. */
export interface ObjectPath {
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export type ApiVerb = "get" | "list" | "create" | "update" | "patch" | "delete" | "changes";
export type StoreVerb = "commit" | "commits" | "get" | "list" | "changes" | "head";
/** Each opens a session with a kubelet. */
export type NodeVerb = "log" | "exec" | "attach" | "portforward" | "http";
/** `client`: who asked for the session; `node`: the kubelet. */
export type SessionSide = "client" | "node";
export type ActorVerb = "transition" | "state" | "control";

const plainToken = /^[A-Za-z0-9_:-]+$/;
/**
 * Characters of a token. NATS ends the connection of who sends a subject line beyond 4,096 bytes;
 * so much holds every name that Kubernetes allows (253 characters), escaped.
 */
const tokenMax = 800;
/** Characters that are kept of a text that is too long for a token. */
const keptMax = 80;

/**
 * One subject token for any text: everything outside `[A-Za-z0-9_:-]` is percent-escaped. Of a text
 * that is longer than any name, its start and its digest: subjects only route, messages say names.
 */
export function escapeToken(text: string): string {
  if (text === "") return "_";
  const token = plainToken.test(text) ? text : escaped(text);
  if (token.length <= tokenMax) return token;
  const digest = createHash("sha256").update(text).digest("hex");
  return `${escaped(text.slice(0, keptMax))}%2E%2E${digest}`;
}

function escaped(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let token = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    token += plainToken.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return token;
}

/** What {@link escapeToken} made a token of, unless that was too long; `_` is the empty text. */
export function unescapeToken(token: string): string {
  return token === "_" ? "" : decodeURIComponent(token);
}

const groupToken = (group: string) => (group === "" ? "core" : escapeToken(group));
const groupOf = (token: string) => (token === "core" ? "" : unescapeToken(token));

const objectTokens = ({ group, resource, namespace = "", name = "" }: ObjectPath) =>
  `${groupToken(group)}.${escapeToken(resource)}.${escapeToken(namespace)}.${escapeToken(name)}`;

/** Builds subjects under one prefix, so that several clusters can share a bus. */
export class Subjects {
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Request to the API server's bus door. */
  api(verb: ApiVerb, path: ObjectPath): string {
    return `${this.prefix}.api.v1.${verb}.${objectTokens(path)}`;
  }

  /** Everything that the bus door answers. */
  apiAll(): string {
    return `${this.prefix}.api.v1.*.*.*.*.*`;
  }

  /** Request to the store's leader; "commits" are of many objects, and name none. */
  store(verb: StoreVerb, path: ObjectPath): string {
    return `${this.prefix}.store.v1.${verb}.${objectTokens(path)}`;
  }

  storeAll(): string {
    return `${this.prefix}.store.v1.*.*.*.*.*`;
  }

  /** Question that any instance of the store answers from memory, which may be a little old. */
  storeCached(verb: "get" | "list", path: ObjectPath): string {
    return `${this.prefix}.cached.v1.${verb}.${objectTokens(path)}`;
  }

  storeCachedAll(): string {
    return `${this.prefix}.cached.v1.*.*.*.*.*`;
  }

  /** The store's leader says that it is there. */
  storeLeader(): string {
    return `${this.prefix}.leader.v1`;
  }

  /** Asks one instance of the store how it is. */
  storeStatus(instance: string): string {
    return `${this.prefix}.storestatus.v1.${escapeToken(instance)}`;
  }

  /** Broadcast of one committed change. */
  watch(path: ObjectPath, partition: string): string {
    const { group, resource, namespace = "", name = "" } = path;
    return (
      `${this.prefix}.watch.v1.${groupToken(group)}.${escapeToken(resource)}` +
      `.${escapeToken(partition)}.${escapeToken(namespace)}.${escapeToken(name)}`
    );
  }

  /** All changes of a resource, or of one partition of it. */
  watchResource(group: string, resource: string, partition?: string): string {
    const part = partition === undefined ? "*" : escapeToken(partition);
    return `${this.prefix}.watch.v1.${groupToken(group)}.${escapeToken(resource)}.${part}.*.*`;
  }

  /** All changes of everything. */
  watchAll(): string {
    return `${this.prefix}.watch.v1.>`;
  }

  /** An API server begins to take requests. */
  doorOpened(): string {
    return `${this.prefix}.door.v1`;
  }

  /** Heads of all resources, announced by the store's leader. */
  heads(): string {
    return `${this.prefix}.head.v1`;
  }

  /** Batches of the store's log; a stream keeps them. */
  log(): string {
    return `${this.prefix}.log.v1`;
  }

  /** How far the store's log was written; a stream keeps the newest. */
  logHead(): string {
    return `${this.prefix}.loghead.v1`;
  }

  /** Pieces of the store's snapshots, and what closes one; a stream keeps them. */
  snapshot(part: "chunk" | "manifest"): string {
    return `${this.prefix}.snapshot.v1.${part}`;
  }

  /** Name of a JetStream stream of this cluster. */
  stream(kind: "LOG" | "HEAD" | "SNAP"): string {
    return `${kind}_${this.prefix.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
  }

  /** Observing and breaking one component. */
  actor(component: string, instance: string, verb: ActorVerb): string {
    return `${this.prefix}.actor.v1.${escapeToken(component)}.${escapeToken(instance)}.${verb}`;
  }

  /** A question that every component answers. */
  actorRollCall(): string {
    return `${this.prefix}.actor.v1._._.state`;
  }

  /** Request to one node's kubelet. */
  node(verb: NodeVerb, node: string): string {
    return `${this.prefix}.node.v1.${verb}.${escapeToken(node)}`;
  }

  /** What one side of a session receives; `id` is the session's own. */
  session(id: string, side: SessionSide): string {
    return `${this.prefix}.node.v1.session.${escapeToken(id)}.${side}`;
  }

  /** Takes a subject of `api`, `store`, `storeCached` or `watch` apart; undefined for any other. */
  parse(subject: string): ParsedSubject | undefined {
    const tokens = subject.split(".");
    const depth = this.prefix.split(".").length;
    const [area, version, ...rest] = tokens.slice(depth);
    if (version !== "v1") return undefined;
    if ((area === "api" || area === "store" || area === "cached") && rest.length === 5) {
      const [verb = "", group = "", resource = "", namespace = "", name = ""] = rest;
      return {
        // The same conversation, led by whoever is asked.
        area: area === "cached" ? "store" : area,
        verb,
        group: groupOf(group),
        resource: unescapeToken(resource),
        namespace: unescapeToken(namespace),
        name: unescapeToken(name),
      };
    }
    if (area === "watch" && rest.length === 5) {
      const [group = "", resource = "", , namespace = "", name = ""] = rest;
      return {
        area,
        verb: "changed",
        group: groupOf(group),
        resource: unescapeToken(resource),
        namespace: unescapeToken(namespace),
        name: unescapeToken(name),
      };
    }
    return undefined;
  }
}

export interface ParsedSubject {
  readonly area: "api" | "store" | "watch";
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}
