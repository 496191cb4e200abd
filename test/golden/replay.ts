/** Plays a scenario against a server and tells where its answers differ from the recorded ones. */
import { randomBytes } from "node:crypto";
import https from "node:https";
import { isDeepStrictEqual } from "node:util";
import { realWorld } from "#libs/actor/world.ts";
import {
  differences,
  fieldAt,
  forget,
  normalize,
  normalizeText,
  scalarsOf,
  withoutSentences,
} from "./normalize.ts";
import type { GoldenRequest, GoldenResponse, Scenario } from "./scenario.ts";
import type { ControlPlane } from "./server.ts";

const answerMsMax = 15_000;
const watchMsMax = 4_000;
const pollMs = 50;

export class Client {
  readonly #agent: https.Agent;
  readonly #base: URL;
  readonly #token: string;

  constructor({ url, token }: Pick<ControlPlane, "url" | "token">) {
    this.#base = new URL(url);
    this.#token = token;
    // The recordings are about answers; the certificates have tests of their own.
    this.#agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  }

  ask(asked: GoldenRequest): Promise<GoldenResponse> {
    const { method = "GET", path, watch, text } = asked;
    const body = bodyText(asked.body);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const options = {
        agent: this.#agent,
        host: this.#base.hostname,
        port: this.#base.port,
        method,
        path,
        headers: { authorization: `Bearer ${this.#token}`, ...headersOf(asked, body) },
      };
      const request = https.request(options, (response) => {
        const cancelEnd = watch === undefined ? () => undefined : realWorld.after(watchMsMax, end);
        let ended = false;
        function end(): void {
          if (ended) return;
          ended = true;
          cancelEnd();
          const raw = Buffer.concat(chunks).toString();
          const { statusCode = 0, headers } = response;
          const type = headers["content-type"];
          const warning = headers.warning as string | undefined;
          resolve({
            status: statusCode,
            ...(type === undefined ? {} : { type }),
            ...(warning === undefined ? {} : { warning }),
            body: parsed(raw, { stream: statusCode === 200 ? watch : undefined, type, text }),
          });
          if (watch !== undefined) request.destroy();
        }
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          if (watch === undefined) return;
          if (Buffer.concat(chunks).toString().split("\n").length > watch) end();
        });
        response.on("end", end).on("close", end);
      });
      request.on("error", (error) => {
        if (watch === undefined) reject(error);
        else resolve({ status: 200, body: [] });
      });
      request.setTimeout(answerMsMax, () => request.destroy(new Error("no answer in time")));
      request.end(body);
    });
  }
}

function bodyText(body: unknown): string | undefined {
  if (body === undefined) return undefined;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function headersOf(
  { accept = "application/json", type = "application/json", as, group }: GoldenRequest,
  body: string | undefined,
): Record<string, string | number | string[]> {
  const length = body === undefined ? undefined : Buffer.byteLength(body);
  return {
    accept,
    "user-agent": "golden/1",
    ...(length === undefined ? {} : { "content-type": type, "content-length": length }),
    ...(as === undefined ? {} : { "impersonate-user": as }),
    ...(group === undefined ? {} : { "impersonate-group": [...group] }),
  };
}

interface Form {
  readonly stream: number | undefined;
  readonly type: string | undefined;
  readonly text: boolean | undefined;
}

function parsed(raw: string, { stream, type = "", text = false }: Form): unknown {
  if (stream !== undefined) {
    return raw.split("\n").filter(Boolean).slice(0, stream).map(jsonOr);
  }
  return text || !type.includes("json") ? raw : jsonOr(raw);
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What differs, a line each; nothing when the server answers as recorded. */
export async function replay(client: Client, scenario: Scenario): Promise<string[]> {
  const namespace = `g-${randomBytes(5).toString("hex")}`;
  const variables: Record<string, string> = { NS: namespace };
  await makeNamespace(client, namespace);
  const found: string[] = [];
  for (const [index, { req, res }] of scenario.steps.entries()) {
    const given = scalarsOf(scenario.steps.slice(0, index + 1).map((step) => step.req.body));
    const got = await play(client, substitute(req, variables) as GoldenRequest, variables);
    const body = normalize(got.body, { namespace, given });
    const answer = { body };
    forget(answer, (req.ignore ?? []).map((path) => `body.${path}`));
    const { warning } = got;
    const compared = {
      ...got,
      ...(warning === undefined ? {} : { warning: normalizeText(warning, namespace) }),
      body: withoutSentences(answer.body),
    };
    const wanted = { ...res, body: withoutSentences(res.body) };
    const lines = differences(wanted, compared);
    const title = `step ${index + 1} ${req.method ?? "GET"} ${req.path.slice(0, 80)}`;
    found.push(...lines.map((line) => `${title} · ${line}`));
  }
  for (const step of scenario.cleanup ?? []) {
    await client.ask(substitute(step, variables) as GoldenRequest).catch(() => undefined);
  }
  await client.ask({ method: "DELETE", path: `/api/v1/namespaces/${namespace}` });
  return found;
}

async function makeNamespace(client: Client, name: string): Promise<void> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await client.ask({ method: "POST", path: "/api/v1/namespaces", body });
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await until(
    async () => (await client.ask({ path: account })).status === 200,
    answerMsMax,
  );
}

async function play(
  client: Client,
  request: GoldenRequest,
  variables: Record<string, string>,
): Promise<GoldenResponse> {
  const { poll, save = {} } = request;
  let answer = await client.ask(request);
  if (poll !== undefined) {
    const holds = () => isDeepStrictEqual(fieldAt(answer.body, poll.path), poll.equals);
    await until(async () => {
      if (!holds()) answer = await client.ask(request);
      return holds();
    }, poll.ms);
  }
  for (const [name, path] of Object.entries(save)) {
    variables[name] = String(fieldAt(answer.body, path));
  }
  return answer;
}

/** Asks again until it holds, or until that many milliseconds have passed. */
async function until(holds: () => Promise<boolean>, msMax: number): Promise<void> {
  const end = realWorld.monotonic() + msMax;
  while (!(await holds()) && realWorld.monotonic() < end) await realWorld.sleep(pollMs);
}

function substitute(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") {
    return value.replace(/\$([A-Za-z]\w*)/g, (found, name) => variables[name] ?? found);
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      substitute(key, variables),
      substitute(item, variables),
    ]),
  );
}
