/** Asks the API server of a test with bodies of any media type. */
import https from "node:https";
import type { KubeObject } from "#libs/api/resource.ts";
import type { ControlPlane } from "../golden/server.ts";

const answerMsMax = 15_000;

export interface Answer {
  readonly status: number;
  readonly bytes: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly type?: string;
  readonly accept?: string;
}

export class Client {
  readonly #agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  readonly #base: URL;
  readonly #token: string;

  constructor({ url, token }: Pick<ControlPlane, "url" | "token">) {
    this.#base = new URL(url);
    this.#token = token;
  }

  ask(path: string, { method = "GET", body, type = json, accept = json }: Ask = {}) {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      accept,
      ...(body === undefined
        ? {}
        : { "content-type": type, "content-length": Buffer.byteLength(body) }),
    };
    return new Promise<Answer>((resolve, reject) => {
      const request = https.request(
        {
          agent: this.#agent,
          host: this.#base.hostname,
          port: this.#base.port,
          method,
          path,
          headers,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) });
          });
        },
      );
      request.on("error", reject);
      request.setTimeout(answerMsMax, () => request.destroy(new Error("no answer in time")));
      request.end(body);
    });
  }

  /** The answer's object; throws with the server's message when it refuses. */
  async object(path: string, asked: Ask = {}): Promise<KubeObject> {
    const { status, bytes } = await this.ask(path, asked);
    if (status >= errorStatus) {
      throw new Error(`${asked.method ?? "GET"} ${path}: ${status} ${bytes.toString()}`);
    }
    return JSON.parse(bytes.toString()) as KubeObject;
  }
}

const json = "application/json";
const errorStatus = 400;
