/** The store: the only component that keeps anything. */
import type { Assembled, Component, Host } from "#libs/actor/component.ts";
import { isProgram, runProcess } from "#libs/actor/process.ts";
import { storeEffects } from "./effects.ts";
import { storeMachine } from "./machine.ts";
import { type StoreConfig, settingsOf } from "./settings.ts";

export type { StoreConfig } from "./settings.ts";

export const component: Component<StoreConfig> = {
  name: "store",
  assemble(host: Host, config: StoreConfig): Assembled {
    const settings = settingsOf(config, host.bus.payloadMax);
    return { machine: storeMachine.provide(storeEffects(host, settings)), input: undefined };
  },
};

if (isProgram(import.meta.url)) await runProcess(component);
