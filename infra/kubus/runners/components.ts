/** Loads the components of a service when they are needed. */
import type { Component } from "#libs/actor/component.ts";
import type { Service } from "../plan.ts";

type Loaded = readonly Component<never>[];

const loaders: Readonly<Record<Service, () => Promise<Loaded>>> = {
  store: async () => [(await import("../../../services/store/main.ts")).component],
  apiserver: async () => [(await import("../../../services/apiserver/main.ts")).component],
  controllers: async () => (await import("../../../services/controllers/index.ts")).components,
  scheduler: async () => [(await import("../../../services/scheduler/main.ts")).component],
  kubelet: async () => [(await import("../../../services/kubelet/main.ts")).component],
  proxy: async () => [(await import("../../../services/proxy/main.ts")).component],
};

export const loadComponents = (service: Service): Promise<Loaded> => loaders[service]();
