/** The little that the command line asks of the API server, over HTTPS as every client does. */
import { request } from "node:https";
import type { ClusterAccess } from "./kubeconfig/merge.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Rejects when the server is out of reach or silent for `timeoutMs`. */
export function apiGet(access: ClusterAccess, path: string, timeoutMs = 5_000): Promise<Answer> {
  const { server, ca, cert, key } = access;
  return new Promise((resolve, reject) => {
    const options = { ca, cert, key, agent: false, timeout: timeoutMs };
    const asked = request(new URL(path, server), options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    asked.on("error", reject);
    asked.end();
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
