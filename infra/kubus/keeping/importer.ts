/** Makes objects through the API server, one after the other, and counts what became of them. */
import { Agent } from "node:https";
import type { KubeObject } from "#libs/api/resource.ts";
import { apiRequest } from "../api.ts";
import type { ClusterAccess } from "../kubeconfig/merge.ts";
import { type Fields, hasOwners, prepare } from "./importing.ts";

export interface ImporterOptions {
  /** Objects that are there become what the file says; else they are left as they are. */
  readonly replaces: boolean;
  readonly dryRun: boolean;
}

interface Kind {
  readonly plural: string;
  readonly namespaced: boolean;
}

interface Answered {
  readonly status: number;
  readonly body: Fields & { readonly message?: string; readonly metadata?: Fields };
}

const outcomes = ["created", "replaced", "existing", "left out", "failed"] as const;
type Outcome = (typeof outcomes)[number];

export class Importer {
  readonly #access: ClusterAccess;
  readonly #options: ImporterOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #kinds = new Map<string, Promise<ReadonlyMap<string, Kind>>>();
  readonly #uids = new Map<string, string>();
  /** Of a dry run: the server knows nothing of them when it is asked about what is in them. */
  readonly #namespacesToMake = new Set<string>();
  readonly #counts = new Map<Outcome, number>(outcomes.map((outcome) => [outcome, 0]));

  constructor(access: ClusterAccess, options: ImporterOptions) {
    this.#access = access;
    this.#options = options;
  }

  get failed(): number {
    return this.#counts.get("failed") ?? 0;
  }

  /** `5 created, 2 existing` */
  get summary(): string {
    const told = [...this.#counts].filter(([, count]) => count > 0);
    const text = told.map(([outcome, count]) => `${count} ${outcome}`).join(", ") || "no objects";
    return this.#options.dryRun ? `${text} (dry run)` : text;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A line about the object; undefined when another pass is for it. */
  async take(object: KubeObject, pass: "unowned" | "owned"): Promise<string | undefined> {
    if (hasOwners(object) !== (pass === "owned")) return undefined;
    const prepared = prepare(object, this.#uids);
    if (prepared.type === "leaveOut") return this.#told(object, "left out", prepared.why);
    const { namespace = "" } = object.metadata ?? {};
    if (this.#namespacesToMake.has(namespace)) return this.#told(object, "created");
    const collection = await this.#collectionOf(prepared.object);
    if (collection === undefined) {
      return this.#told(object, "failed", `the server has no ${object.apiVersion} ${object.kind}`);
    }
    const answer = await this.#ask("POST", collection, prepared.object);
    const { uid = "" } = object.metadata ?? {};
    if (answer.status === 201) {
      this.#noteUid(uid, answer);
      const isNamespace = object.apiVersion === "v1" && object.kind === "Namespace";
      if (isNamespace && this.#options.dryRun) {
        this.#namespacesToMake.add(object.metadata?.name ?? "");
      }
      return this.#told(object, "created");
    }
    const name = encodeURIComponent(object.metadata?.name ?? "");
    const isThere = answer.status === 409 && answer.body["reason"] === "AlreadyExists";
    if (!isThere) return this.#told(object, "failed", answer.body.message ?? `${answer.status}`);
    const current = await this.#ask("GET", `${collection}/${name}`);
    this.#noteUid(uid, current);
    if (!this.#options.replaces) return this.#told(object, "existing");
    return this.#replace(object, prepared.object, `${collection}/${name}`, current);
  }

  async #replace(
    told: KubeObject,
    object: KubeObject,
    path: string,
    { body }: Answered,
  ): Promise<string> {
    const resourceVersion = String(body.metadata?.["resourceVersion"] ?? "");
    const replacing = { ...object, metadata: { ...object.metadata, resourceVersion } };
    const answer = await this.#ask("PUT", path, replacing);
    if (answer.status === 200) return this.#told(told, "replaced");
    return this.#told(told, "failed", answer.body.message ?? String(answer.status));
  }

  #noteUid(before: string, { body }: Answered): void {
    const uid = body.metadata?.["uid"];
    if (before !== "" && typeof uid === "string") this.#uids.set(before, uid);
  }

  #told({ kind = "", metadata = {} }: KubeObject, outcome: Outcome, why = ""): string {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    const place = metadata.namespace ? ` in ${metadata.namespace}` : "";
    return `${kind} ${metadata.name ?? ""}${place}: ${outcome}${why === "" ? "" : `: ${why}`}`;
  }

  async #collectionOf({ apiVersion = "", kind = "", metadata }: KubeObject) {
    const found = (await this.#kindsOf(apiVersion)).get(kind);
    if (!found) return undefined;
    const { plural, namespaced } = found;
    const base = pathOf(apiVersion);
    if (!namespaced) return `${base}/${plural}`;
    return `${base}/namespaces/${encodeURIComponent(metadata?.namespace ?? "default")}/${plural}`;
  }

  #kindsOf(apiVersion: string): Promise<ReadonlyMap<string, Kind>> {
    const known = this.#kinds.get(apiVersion) ?? this.#discover(apiVersion);
    this.#kinds.set(apiVersion, known);
    return known;
  }

  async #discover(apiVersion: string): Promise<ReadonlyMap<string, Kind>> {
    const { status, body } = await this.#ask("GET", pathOf(apiVersion));
    if (status === 404) return new Map();
    if (status !== 200) throw new Error(`discovery of ${apiVersion}: ${body.message ?? status}`);
    const { resources = [] } = body as unknown as { resources?: readonly Listed[] };
    const whole = resources.filter(({ name }) => !name.includes("/"));
    return new Map(whole.map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]));
  }

  async #ask(method: string, path: string, object?: unknown): Promise<Answered> {
    const query = method !== "GET" && this.#options.dryRun ? "?dryRun=All" : "";
    const { status, body } = await apiRequest(this.#access, {
      method,
      path: `${path}${query}`,
      ...(object === undefined ? {} : { body: JSON.stringify(object) }),
      agent: this.#agent,
    });
    return { status, body: JSON.parse(body) as Answered["body"] };
  }
}

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const pathOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
