/** The store behind an API server, asked over HTTPS as any client of Kubernetes asks. */
import https from "node:https";
import { codecOf } from "#libs/schema/codec.ts";
import type { EventType, WatchEvent } from "../history/observation.ts";
import type { Call, Found, Outcome, Step } from "../history/operation.ts";
import { partitionOf } from "./busdoor.ts";
import type { Door, WatchEnd, WatchRequest } from "./door.ts";

const path = "/api/v1/namespaces/default/configmaps";
/** Milliseconds until an answer is given up; the API server asks the store again meanwhile. */
const answerMsMax = 5_000;
/** Milliseconds until a watch that is told nothing is begun anew. */
const watchSilenceMsMax = 15_000;
const isOurs = (key: string) => /^[a-z]-\d+$/.test(key);

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: { readonly value?: string };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What an API server needs to be asked. */
export interface HttpsTarget {
  readonly port: number;
  readonly token: string;
}

/** The text that clients gave for a config map, out of the form in which it is stored. */
export function storedText(value: Uint8Array): string {
  return codecOf<ConfigMap>("k8s.core.v1.ConfigMap").decode(value).data?.value ?? "";
}

export class HttpsDoor implements Door {
  readonly name: string;
  readonly takesTransactions = false;
  readonly #target: HttpsTarget;
  // Certificates have tests of their own.
  readonly #agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });

  constructor(name: string, target: HttpsTarget) {
    this.name = name;
    this.#target = target;
  }

  async ask(call: Call): Promise<Outcome> {
    try {
      if (call.type === "list") return { type: "listed", ...(await this.list("")) };
      if (call.type === "get") {
        const answer = await this.#send("GET", `${path}/${call.key}`);
        if (answer.status === 404) return { type: "got", found: undefined, revision: 0 };
        if (answer.status !== 200) return unanswered(answer);
        return { type: "got", found: foundOf(JSON.parse(answer.body) as ConfigMap), revision: 0 };
      }
      const [step] = call.steps;
      return step ? outcomeOf(step, await this.#write(step)) : { type: "nothing", why: "no step" };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { type: why.includes("ECONNREFUSED") ? "nothing" : "unknown", why };
    }
  }

  async list(prefix: string): Promise<{ found: Found[]; revision: number }> {
    const { status, body } = await this.#send("GET", `${path}${selector(prefix, "?")}`);
    if (status !== 200) throw new Error(`list: ${status}`);
    const list = JSON.parse(body) as {
      readonly metadata: { readonly resourceVersion: string };
      readonly items: readonly ConfigMap[];
    };
    const found = list.items.map(foundOf).filter(({ key }) => isOurs(key));
    return { found, revision: Number(list.metadata.resourceVersion) };
  }

  watch({ prefix, after, signal, tell }: WatchRequest): Promise<WatchEnd> {
    const query = `?watch=1&allowWatchBookmarks=true&resourceVersion=${after}`;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve("ended");
      const options = { ...this.#options("GET", path + query + selector(prefix, "&")), signal };
      const request = https.request(options, (response) => {
        if (response.statusCode === 410) resolve("gone");
        let rest = "";
        response.setEncoding("utf8").on("data", (text: string) => {
          const lines = (rest + text).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) {
            const told = toldBy(JSON.parse(line) as Line);
            if (told === "gone") resolve("gone");
            else if (told) tell(told);
          }
        });
        response.on("error", () => resolve("ended")).on("close", () => resolve("ended"));
      });
      request.setTimeout(watchSilenceMsMax, () => request.destroy());
      request.on("error", () => resolve("ended")).end();
    });
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }

  #write({ verb, key, value, expected }: Step): Promise<Answer> {
    const resourceVersion = expected === 0 ? {} : { resourceVersion: String(expected) };
    if (verb === "delete") {
      return this.#send("DELETE", `${path}/${key}`, { preconditions: resourceVersion });
    }
    const labels = { part: partitionOf(key) };
    const metadata = { name: key, labels, ...(verb === "update" ? resourceVersion : {}) };
    const body = { metadata, data: { value } };
    return verb === "create"
      ? this.#send("POST", path, body)
      : this.#send("PUT", `${path}/${key}`, body);
  }

  #send(method: string, to: string, content?: object): Promise<Answer> {
    const body = content === undefined ? "" : JSON.stringify(content);
    return new Promise((resolve, reject) => {
      const request = https.request(this.#options(method, to, body), (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      request.setTimeout(answerMsMax, () => request.destroy(new Error("no answer in time")));
      request.on("error", reject).end(body);
    });
  }

  #options(method: string, to: string, body = ""): https.RequestOptions {
    const { port, token } = this.#target;
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      // Node gives a DELETE no length by itself, and the server would take its body for a request.
      "content-length": Buffer.byteLength(body),
    };
    return { agent: this.#agent, host: "127.0.0.1", port, method, path: to, headers };
  }
}

const selector = (prefix: string, mark: "?" | "&") =>
  prefix === "" ? "" : `${mark}labelSelector=part%3D${partitionOf(prefix)}`;

const foundOf = ({ metadata: { name, resourceVersion }, data }: ConfigMap): Found => ({
  key: name,
  value: data?.value ?? "",
  revision: Number(resourceVersion),
  createRevision: 0,
});

function outcomeOf(step: Step, answer: Answer): Outcome {
  const { status, body } = answer;
  if (status === 200 || status === 201) {
    // Kubernetes does not tell at which revision something was deleted: the log does.
    const isDeletion = step.verb === "delete";
    const revision = isDeletion ? 0 : foundOf(JSON.parse(body) as ConfigMap).revision;
    return { type: "committed", revision };
  }
  if (status === 404) return { type: "refused", reason: "absent", step: 0 };
  if (status !== 409) return unanswered(answer);
  const { reason } = JSON.parse(body) as { readonly reason: string };
  return { type: "refused", reason: reason === "AlreadyExists" ? "exists" : "mismatch", step: 0 };
}

const unanswered = ({ status, body }: Answer): Outcome => ({
  type: status === 429 ? "nothing" : "unknown",
  why: `${status} ${body.slice(0, 200)}`,
});

interface Line {
  readonly type: string;
  readonly object: ConfigMap & { readonly code?: number };
}

const eventTypes: Readonly<{ [type: string]: EventType }> = {
  ADDED: "created",
  MODIFIED: "updated",
  DELETED: "deleted",
};

function toldBy({ type, object }: Line) {
  if (type === "ERROR") return "gone";
  const revision = Number(object.metadata.resourceVersion);
  if (type === "BOOKMARK") return { type: "bookmark", revision } as const;
  const { key, value } = foundOf(object);
  if (!isOurs(key)) return undefined;
  const eventType = eventTypes[type] ?? "updated";
  const isDeleted = eventType === "deleted";
  const event: WatchEvent = {
    type: eventType,
    key,
    value: isDeleted ? "" : value,
    revision,
    createRevision: 0,
    previousValue: isDeleted ? value : undefined,
  };
  return { type: "events", events: [event] } as const;
}
