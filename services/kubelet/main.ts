import type { Component } from "#libs/actor/component.ts";
import { isProgram, runProcess } from "#libs/actor/process.ts";
import type { KubeletConfig } from "./config.ts";
import { kubeletWith } from "./effects.ts";

export type { KubeletConfig } from "./config.ts";

export const component: Component<KubeletConfig> = {
  name: "kubelet",
  assemble: (host, config) => kubeletWith(host, config),
};

if (isProgram(import.meta.url)) await runProcess(component);
