/** Runs components in this process: the least memory, and the shortest way between them. */
import type { Logger } from "pino";
import type { Component } from "#libs/actor/component.ts";
import { supervise, type Supervised } from "#libs/actor/supervise.ts";
import type { World } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import type { Part, Service } from "../plan.ts";
import { loadComponents } from "./components.ts";
import { type BusAddress, connectTo, type Runner } from "./runner.ts";

export interface InProcessOptions {
  readonly bus: BusAddress;
  readonly log: Logger;
  readonly world: World;
}

export class InProcessRunner implements Runner {
  readonly #options: InProcessOptions;
  /** A connection each, as processes have: a service's components share what they watch. */
  readonly #buses = new Map<string, Promise<NatsBus>>();
  readonly #running: Supervised[] = [];

  constructor(options: InProcessOptions) {
    this.#options = options;
  }

  async start(parts: readonly Part[]): Promise<void> {
    const started = await Promise.all(parts.map((part) => this.#startPart(part)));
    const [stores, others] = [true, false].map((isStore) =>
      started.flat().filter(({ name }) => (name === "store") === isStore),
    );
    await Promise.all((others ?? []).map(({ ready }) => ready));
    // The first that leads serves; the others follow when they have read what it wrote.
    if (stores?.length) await Promise.any(stores.map(({ ready }) => ready));
  }

  async stop(): Promise<void> {
    // Those that started last use what started first.
    const services = [...this.#buses.keys()].toReversed();
    const running = this.#running.splice(0).toReversed();
    await Promise.all(running.filter(({ name }) => !isBackbone(name)).map(stopped));
    for (const supervised of running.filter(({ name }) => isBackbone(name))) {
      await supervised.stop();
    }
    for (const service of services) await (await this.#buses.get(service))?.close();
    this.#buses.clear();
  }

  async #startPart({ service, component, instance, config }: Part): Promise<Supervised[]> {
    const [loaded, bus] = await Promise.all([
      loadComponents(service),
      this.#bus(service, instance),
    ]);
    const { log, world } = this.#options;
    const chosen = loaded.filter(({ name }) => component === undefined || name === component);
    return chosen.map((one: Component<never>) => {
      const supervised = supervise(one, config as never, { bus, world, log, instance });
      this.#running.push(supervised);
      return supervised;
    });
  }

  #bus(service: Service, instance: string): Promise<NatsBus> {
    const { bus, world } = this.#options;
    // Several stores or API servers must not fall with one connection.
    const name = isBackbone(service) && instance !== "0" ? `${service}.${instance}` : service;
    const made = this.#buses.get(name) ?? connectTo(bus, name, world);
    this.#buses.set(name, made);
    return made;
  }
}

const isBackbone = (name: string) => name === "store" || name === "apiserver";
const stopped = (supervised: Supervised) => supervised.stop();
