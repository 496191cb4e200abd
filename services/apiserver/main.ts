/** The API server: two doors, one pipeline. */
import type { Assembled, Component, Host } from "#libs/actor/component.ts";
import { isProgram, runProcess } from "#libs/actor/process.ts";
import type { ApiServerConfig } from "./config.ts";
import { apiServerEffects } from "./effects.ts";
import { apiServerMachine } from "./machine.ts";

export type { ApiServerConfig } from "./config.ts";

export const component: Component<ApiServerConfig> = {
  name: "apiserver",
  assemble(host: Host, config: ApiServerConfig): Assembled {
    const machine = apiServerMachine.provide(apiServerEffects(host, config));
    return { machine, input: undefined };
  },
};

if (isProgram(import.meta.url)) await runProcess(component);
