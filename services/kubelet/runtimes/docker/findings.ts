/** What Docker has of this node's pods, read anew each time; only what cannot change is kept. */
import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { filterOf, labels, type Scope } from "./labels.ts";
import { withoutFrames } from "./logs.ts";
import { ifThere } from "./refusal.ts";
import { isRunning, isSandbox, labelOf } from "./state.ts";

/** As the kubelet reads last words. */
const messageBytesMax = 4_096;
const messageLogLinesMax = 80;
const messageLogBytesMax = 2_048;
const messagesMax = 1_000;

/** Methods reject when the engine is out of reach. */
export class Findings {
  readonly #docker: Docker;
  readonly #scope: Scope;
  /** Last words by container id; they are written once. */
  readonly #messages = new Map<string, string>();

  constructor(docker: Docker, scope: Scope) {
    this.#docker = docker;
    this.#scope = scope;
  }

  /** Uids of all pods that have a container here. */
  async uids(): Promise<string[]> {
    const filters = { label: filterOf(this.#scope) };
    const found = await this.#docker.listContainers({ all: true, filters });
    return [...new Set(found.map(({ Labels }) => Labels[labels.uid] ?? ""))];
  }

  /** Everything of one pod; what goes away meanwhile is left out. */
  async ofPod(uid: string): Promise<ContainerInspectInfo[]> {
    const filters = { label: filterOf(this.#scope, uid) };
    const found = await this.#docker.listContainers({ all: true, filters });
    const inspected = found.map(({ Id }) => ifThere(this.#docker.getContainer(Id).inspect()));
    return (await Promise.all(inspected)).filter((info) => info !== undefined);
  }

  /** The last words of those that ended, by id. */
  async messages(found: readonly ContainerInspectInfo[]): Promise<ReadonlyMap<string, string>> {
    const ended = found.filter((info) => !isSandbox(info) && info.State.Status === "exited");
    for (const info of ended) {
      if (this.#messages.has(info.Id)) continue;
      this.#messages.set(info.Id, await this.#messageOf(info));
      const [oldest] = this.#messages.keys();
      if (this.#messages.size > messagesMax && oldest) this.#messages.delete(oldest);
    }
    return this.#messages;
  }

  async #messageOf(info: ContainerInspectInfo): Promise<string> {
    const path = labelOf(info, labels.messagePath);
    const file = info.Mounts.find(({ Destination }) => Destination === path)?.Source;
    const text = file ? await readFile(file).catch(() => Buffer.alloc(0)) : Buffer.alloc(0);
    if (text.length > 0) return text.subarray(0, messageBytesMax).toString();
    const fromLog = labelOf(info, labels.messagePolicy) === "FallbackToLogsOnError";
    return fromLog && info.State.ExitCode !== 0 ? this.#endOfLog(info) : "";
  }

  async #endOfLog({ Id, Config }: ContainerInspectInfo): Promise<string> {
    const options = {
      stdout: true,
      stderr: true,
      tail: messageLogLinesMax,
      follow: false,
    } as const;
    const whole = await this.#docker.getContainer(Id).logs(options);
    const text = Config.Tty ? whole : await plain(Buffer.from(whole));
    return text.subarray(-messageLogBytesMax).toString();
  }
}

async function plain(framed: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of withoutFrames(once(framed))) parts.push(part);
  return Buffer.concat(parts);
}

async function* once(chunk: Buffer): AsyncIterable<Buffer> {
  yield chunk;
}

/** What holds the network of the pod now; undefined: it has none. */
export const runningSandbox = (found: readonly ContainerInspectInfo[]) =>
  found.find((info) => isSandbox(info) && isRunning(info));
