/**
 * Publishes state changes while somebody listens. The bus does not tell who listens, so a change is
 * now and then sent with a reply subject: "no responders" means that nobody does.
 */
import type { Bus } from "#libs/bus/bus.ts";
import { NoRespondersError } from "#libs/bus/bus.ts";
import type { Transition } from "./actors.ts";
import { transitionOccurred } from "./control.ts";
import type { World } from "./world.ts";

/** Between two looks whether somebody listens; also how late the first change may be seen. */
const probeMs = 1_000;
const probeTimeoutMs = 500;

export class Transitions {
  readonly #bus: Bus;
  readonly #world: World;
  readonly #subject: string;
  readonly #names: { readonly component: string; readonly instance: string };
  #listened = true;
  #probedAt = Number.NEGATIVE_INFINITY;

  constructor(bus: Bus, world: World, component: string, instance: string) {
    this.#bus = bus;
    this.#world = world;
    this.#names = { component, instance };
    this.#subject = bus.subjects.actor(component, instance, "transition");
  }

  publish({ path, ...rest }: Transition): void {
    const now = this.#world.monotonic();
    const probing = now - this.#probedAt >= probeMs;
    if (!probing && !this.#listened) return;
    const payload = transitionOccurred.encode({ ...this.#names, actor: path, ...rest });
    if (!probing) {
      this.#bus.publish(this.#subject, payload);
      return;
    }
    this.#probedAt = now;
    this.#bus.request(this.#subject, payload, { timeoutMs: probeTimeoutMs }).then(
      () => (this.#listened = true),
      // A listener of this subject does not answer: silence means that there is one.
      (error: unknown) => (this.#listened = !(error instanceof NoRespondersError)),
    );
  }
}
