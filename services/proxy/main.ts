/** The proxy: service addresses that reach the pods behind them. */
import type { Component } from "#libs/actor/component.ts";
import { isProgram, runProcess } from "#libs/actor/process.ts";
import { provideEffects } from "./effects.ts";
import { readConfig, type ProxyConfig } from "./wire.ts";

export type { ProxyConfig } from "./wire.ts";

export const component: Component<ProxyConfig> = {
  name: "proxy",
  assemble: (host, config) => ({
    machine: provideEffects(host, readConfig(config)),
    input: undefined,
  }),
};

if (isProgram(import.meta.url)) await runProcess(component);
