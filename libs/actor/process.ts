/** Runs components as a process of their own: what `node services/<name>/main.ts` does. */
import { pathToFileURL } from "node:url";
import pino from "pino";
import { connect } from "#libs/bus/connect.ts";
import type { Component } from "./component.ts";
import { supervise } from "./supervise.ts";
import { realWorld } from "./world.ts";

/**
 * Environment of such a process.
 * KUBUS_NATS_URL (or NATS_URL), KUBUS_NATS_TOKEN, KUBUS_PREFIX (default `kubus`), KUBUS_INSTANCE
 * (default `0`), KUBUS_CONFIG (the component's configuration as JSON), KUBUS_LOG_LEVEL.
 */
interface Settings {
  readonly servers: string;
  readonly token: string | undefined;
  readonly prefix: string;
  readonly instance: string;
  readonly config: unknown;
  readonly logLevel: string;
}

function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return {
    servers: environment.KUBUS_NATS_URL ?? environment.NATS_URL ?? "nats://127.0.0.1:4222",
    token: environment.KUBUS_NATS_TOKEN,
    prefix: environment.KUBUS_PREFIX ?? "kubus",
    instance: environment.KUBUS_INSTANCE ?? "0",
    config: processConfig(environment),
    logLevel: environment.KUBUS_LOG_LEVEL ?? "info",
  };
}

/** The configuration of this process's components: KUBUS_CONFIG. */
export function processConfig<Config>(environment: NodeJS.ProcessEnv): Config {
  return JSON.parse(environment.KUBUS_CONFIG ?? "{}") as Config;
}

/** Whether a module is the program that was started, rather than imported. */
export function isProgram(moduleUrl: string): boolean {
  const [, program] = process.argv;
  return program !== undefined && moduleUrl === pathToFileURL(program).href;
}

/**
 * Runs components until SIGINT or SIGTERM; all of them share one connection and one configuration.
 * Exits with 1 and one clear line when the bus cannot be reached at the start.
 */
export async function runProcess<Config>(
  ...components: readonly Component<Config>[]
): Promise<void> {
  const settings = readSettings(process.env);
  const log = pino({ level: settings.logLevel });
  const [first] = components;
  if (!first) throw new Error("no component to run");
  const name = `${components.length === 1 ? first.name : "components"}.${settings.instance}`;
  const bus = await connectOrExit(settings, name);
  const running = components.map((component) =>
    supervise(component, settings.config as Config, {
      bus,
      world: realWorld,
      log,
      instance: settings.instance,
    }),
  );
  const stop = async () => {
    await Promise.all(running.map((supervised) => supervised.stop()));
    await bus.close();
    process.exit(0);
  };
  process.once("SIGINT", () => void stop());
  process.once("SIGTERM", () => void stop());
}

async function connectOrExit({ servers, token, prefix }: Settings, name: string) {
  try {
    return await connect({ servers, ...(token ? { token } : {}), prefix, name, world: realWorld });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
