/** Probes and lifecycle hooks of containers in Docker. */
import type Docker from "dockerode";
import type { World } from "#libs/actor/world.ts";
import type { Container, LifecycleHandler, Pod, Probe } from "#proto/gen/k8s/core/v1.ts";
import { askGrpc, askHttp, askTcp, type Patience } from "../../handlers.ts";
import type { ProbeResult, ProbeTarget } from "../../runtime.ts";
import { runCommand } from "./exec.ts";

const timeoutSecondsDefault = 1;
const secondMs = 1_000;

/** Ids are Docker's own here. */
export class Asking {
  readonly #docker: Docker;
  readonly #world: World;

  constructor(docker: Docker, world: World) {
    this.#docker = docker;
    this.#world = world;
  }

  probe(asked: ProbeTarget, probe: Probe): Promise<ProbeResult> {
    const timeoutMs = (probe.timeoutSeconds ?? timeoutSecondsDefault) * secondMs;
    return this.#within(timeoutMs, (patience) => this.#ask(asked, probe, patience));
  }

  /** Runs a hook; it must be over in time. */
  hook(asked: ProbeTarget, handler: LifecycleHandler, timeoutMs: number): Promise<ProbeResult> {
    return this.#within(timeoutMs, async (patience) => {
      if (!handler.sleep) return this.#ask(asked, handler, patience);
      const milliseconds = Math.min((handler.sleep.seconds ?? 0) * secondMs, timeoutMs);
      await this.#world.sleep(milliseconds, patience.signal).catch(() => undefined);
      return { ok: true, output: "" };
    });
  }

  async #within(
    milliseconds: number,
    ask: (patience: Patience) => Promise<ProbeResult>,
  ): Promise<ProbeResult> {
    const over = new AbortController();
    const cancel = this.#world.after(milliseconds, () => over.abort());
    try {
      return await ask({ milliseconds, signal: over.signal });
    } finally {
      cancel();
    }
  }

  async #ask(
    { container, id, podIp }: ProbeTarget,
    { exec, httpGet, tcpSocket, grpc }: Probe & LifecycleHandler,
    patience: Patience,
  ): Promise<ProbeResult> {
    if (exec) return runCommand(this.#docker, id, exec.command ?? [], patience);
    if (httpGet) return askHttp(httpGet, container, podIp, patience);
    if (tcpSocket) return askTcp(tcpSocket, container, podIp, patience);
    if (grpc) return askGrpc(grpc, podIp, patience);
    return { ok: true, output: "" };
  }
}

/** A container of the pod by its name, of the beginning or not. */
export const containerNamed = ({ spec }: Pod, name: string): Container | undefined =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find((each) => each.name === name);
