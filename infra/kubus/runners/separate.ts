/** Runs every component as a process of its own and starts it again when it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Logger } from "pino";
import { afterFailure, type RestartRecord } from "#libs/actor/restarts.ts";
import type { World } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { cacheFolder, root } from "../../tools/cache.ts";
import { guard, unguard } from "../../tools/guardian.ts";
import type { Part } from "../plan.ts";
import { rollCall } from "../rollcall.ts";
import { storeHealth, storesOf } from "../stores.ts";
import type { BusAddress, Runner } from "./runner.ts";

export interface SeparateOptions {
  readonly bus: BusAddress;
  /** Connection over which components are asked whether they are there. */
  readonly connection: NatsBus;
  /** Open file that the components' log lines go to. */
  readonly logFile: number;
  readonly log: Logger;
  readonly world: World;
}

const readyMsMax = 30_000;
const stopMsMax = 10_000;

/** One component's process over all its restarts. */
interface Kept {
  readonly part: Part;
  child: ChildProcess | undefined;
  record: RestartRecord;
  cancelRestart: () => void;
}

export class SeparateRunner implements Runner {
  readonly #options: SeparateOptions;
  readonly #kept: Kept[] = [];
  #stopping = false;

  constructor(options: SeparateOptions) {
    this.#options = options;
  }

  async start(parts: readonly Part[]): Promise<void> {
    const started = parts.map((part): Kept => {
      const record = { failures: 0, startedAt: 0 };
      return { part, child: undefined, record, cancelRestart: () => undefined };
    });
    this.#kept.push(...started);
    for (const kept of started) this.#launch(kept);
    await this.#untilAnswering(started);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const kept of this.#kept.splice(0).toReversed()) {
      kept.cancelRestart();
      await this.#end(kept.child);
    }
  }

  #launch(kept: Kept): void {
    const { log, logFile, world } = this.#options;
    const { service, instance } = kept.part;
    kept.record = { ...kept.record, startedAt: world.monotonic() };
    const child = spawn(process.execPath, [join(root, "services", service, "main.ts")], {
      cwd: root,
      // Ctrl-C in the terminal is for the process that ends the components in order.
      detached: true,
      stdio: ["ignore", logFile, logFile],
      env: this.#environment(kept.part),
    });
    kept.child = child;
    if (child.pid !== undefined) guard(child.pid);
    const onEnd = (reason: string) => {
      if (child.pid !== undefined) unguard(child.pid);
      if (kept.child !== child) return;
      kept.child = undefined;
      if (this.#stopping) return;
      log.error({ component: service, instance, reason }, "the process ended");
      const { failures, waitMs } = afterFailure(kept.record, world.monotonic());
      kept.record = { ...kept.record, failures };
      kept.cancelRestart = world.after(waitMs, () => this.#launch(kept));
    };
    child.once("error", (error) => onEnd(error.message));
    child.once("exit", (code, signal) => onEnd(String(signal ?? code)));
  }

  #environment({ component, instance, config }: Part): NodeJS.ProcessEnv {
    const { servers, token, prefix } = this.#options.bus;
    const chosen = component === undefined ? config : { controllers: [component] };
    return {
      NODE_COMPILE_CACHE: join(cacheFolder(), "compile"),
      ...process.env,
      KUBUS_NATS_URL: servers,
      ...(token === undefined ? {} : { KUBUS_NATS_TOKEN: token }),
      KUBUS_PREFIX: prefix,
      KUBUS_INSTANCE: instance,
      KUBUS_CONFIG: JSON.stringify(chosen),
    };
  }

  /** Waits until each process answers on the bus, and a store serves when there is one. */
  async #untilAnswering(started: readonly Kept[]): Promise<void> {
    const { connection, world } = this.#options;
    const deadline = world.monotonic() + readyMsMax;
    while (true) {
      const answers = await rollCall(connection);
      const pids = new Set(answers.map(({ pid }) => pid));
      const silent = started.filter(({ child }) => !child?.pid || !pids.has(child.pid));
      if (silent.length === 0) {
        // Reading a long log takes as long as it takes.
        const stores = storesOf(answers);
        if (this.#stopping || stores.length === 0 || storeHealth(stores) === "ok") return;
      } else if (world.monotonic() > deadline) {
        const names = silent.map(({ part }) => `${part.service} ${part.instance}`).join(", ");
        const where = "kubus logs, or kubus.log in the cluster's folder, says why";
        throw new Error(`no answer within ${readyMsMax / 1000} s from ${names}: ${where}`);
      }
    }
  }

  #end(child: ChildProcess | undefined): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.world.after(stopMsMax, () => child.kill("SIGKILL"));
      child.once("exit", () => {
        cancel();
        resolve();
      });
      child.kill("SIGTERM");
    });
  }
}
