/** The little that the command line asks of the API server, over HTTPS as every client does. */
import { type Agent, request } from "node:https";
import type { ClusterAccess } from "./kubeconfig/merge.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Keeps the connection for the next one. */
  readonly agent?: Agent;
  readonly timeoutMs?: number;
}

const timeoutMsDefault = 5_000;

/** Rejects when the server is out of reach or silent for `timeoutMs`. */
export const apiGet = (
  access: ClusterAccess,
  path: string,
  timeoutMs = timeoutMsDefault,
): Promise<Answer> => apiRequest(access, { method: "GET", path, timeoutMs });

/** The same for any method. Writes are given longer: the store may be slow, but it answers. */
export function apiRequest(access: ClusterAccess, question: Question): Promise<Answer> {
  const { server, ca, cert, key } = access;
  const { method, path, body, agent, timeoutMs = 4 * timeoutMsDefault } = question;
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const options = { method, headers, ca, cert, key, agent: agent ?? false, timeout: timeoutMs };
    const asked = request(new URL(path, server), options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    asked.on("error", reject);
    asked.end(body);
  });
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

/** Names of the nodes and whether each is Ready. */
export async function nodeReadiness(access: ClusterAccess): Promise<Map<string, boolean>> {
  const { status, body } = await apiGet(access, "/api/v1/nodes");
  if (status !== 200) throw new Error(`the API server answered ${status} to a list of nodes`);
  const { items } = JSON.parse(body) as NodeList;
  return new Map(
    items.map(({ metadata, status: { conditions = [] } = {} }) => [
      metadata.name,
      conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
    ]),
  );
}
