/** The client of the benchmark: HTTP/1.1 over TLS on connections that are kept. */
import https from "node:https";

export interface Access {
  readonly server: string;
  readonly ca: string | undefined;
  readonly cert: string;
  readonly key: string;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

export interface Door {
  /** The body of the answer. Rejects when that is not 2xx. */
  ask(request: Request): Promise<Buffer>;
  /** Calls `onEvents` with how many events came; resolves when the watch is there. */
  watch(path: string, onEvents: (count: number) => void): Promise<{ stop(): void }>;
  close(): void;
}

const json = "application/json";
const newline = 10;

/** @param clients connections at most, watches aside */
export function openDoor(access: Access, clients: number): Door {
  const { server, ca, cert, key } = access;
  const identity = { cert, key, ...(ca === undefined ? { rejectUnauthorized: false } : { ca }) };
  const agent = new https.Agent({ ...identity, keepAlive: true, maxSockets: clients });
  const watchAgent = new https.Agent({ ...identity, keepAlive: false, maxCachedSessions: 1 });
  return {
    ask: ({ method, path, body, type = json }) =>
      new Promise((resolve, reject) => {
        const headers =
          body === undefined
            ? { accept: json }
            : { accept: json, "content-type": type, "content-length": Buffer.byteLength(body) };
        const request = https.request(new URL(path, server), { agent, method, headers });
        request.on("error", reject);
        request.on("response", (response) => {
          const status = response.statusCode ?? 0;
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", reject);
          response.on("end", () => {
            const answer = Buffer.concat(pieces);
            if (status >= 200 && status < 300) resolve(answer);
            else
              reject(new Error(`${method} ${path}: ${status} ${answer.toString("utf8", 0, 300)}`));
          });
        });
        request.end(body);
      }),
    watch: (path, onEvents) =>
      new Promise((resolve, reject) => {
        const request = https.get(new URL(path, server), { agent: watchAgent });
        request.on("error", reject);
        request.on("response", (response) => {
          response.on("error", () => undefined);
          response.on("data", (piece: Buffer) => onEvents(lines(piece)));
          resolve({ stop: () => request.destroy() });
        });
      }),
    close() {
      agent.destroy();
      watchAgent.destroy();
    },
  };
}

/** An event is a line. */
function lines(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) count += 1;
  return count;
}
