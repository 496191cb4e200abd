import type { Component } from "#libs/actor/component.ts";
import { isProgram, runProcess } from "#libs/actor/process.ts";
import { schedulerWith } from "./effects.ts";

/** The scheduler has nothing to configure yet: one profile, Kubernetes' defaults. */
export type SchedulerConfig = Readonly<Record<string, never>>;

export const component: Component<SchedulerConfig> = {
  name: "scheduler",
  assemble: (host) => schedulerWith(host),
};

if (isProgram(import.meta.url)) await runProcess(component);
