/** The actors of one component: started, listed, crashed one by one. */
import { type AnyActor, type AnyMachineSnapshot, createActor } from "xstate";
import type { SpawnOptions } from "./component.ts";
import type { World } from "./world.ts";

/** What `kubus actors` shows of one actor. */
export interface ActorFacts {
  readonly path: string;
  readonly machine: string;
  readonly state: string;
  readonly restarts: number;
  readonly since: number;
  readonly error: string;
}

/** A state change, as it is published. */
export interface Transition {
  readonly path: string;
  readonly machine: string;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly at: number;
}

interface Entry {
  readonly actor: AnyActor;
  readonly machine: string;
  readonly fail: (error: unknown) => void;
  state: string;
  since: number;
}

/** Paths whose restarts are remembered; the oldest are forgotten. */
const restartsMax = 10_000;

export class CrashedError extends Error {
  override readonly name = "CrashedError";
}

/** The state as one line: "serving", "running.observing". Parallel regions are joined by "+". */
export function stateText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, inner]) => {
      const rest = stateText(inner);
      return rest ? `${name}.${rest}` : name;
    })
    .join("+");
}

/** A machine with one of these tags does not do its work, and may say why: `context.problem`. */
const troubleTags = ["refusing", "stalled"];

function problemOf(actor: AnyActor): string {
  const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
  if (!troubleTags.some((tag) => snapshot.hasTag?.(tag))) return "";
  const { problem } = (snapshot.context ?? {}) as { readonly problem?: unknown };
  return typeof problem === "string" ? problem : "";
}

export class Actors {
  readonly #world: World;
  readonly #entries = new Map<string, Entry>();
  readonly #starts = new Map<string, number>();
  readonly #onTransition: (transition: Transition) => void;

  constructor(world: World, onTransition: (transition: Transition) => void) {
    this.#world = world;
    this.#onTransition = onTransition;
  }

  /** Starts an actor under its path; a living one of the same path is stopped first. */
  start({ path, machine, input, onDone, onFailure }: SpawnOptions): AnyActor {
    this.#entries.get(path)?.actor.stop();
    this.#countStart(path);
    const actor: AnyActor = createActor(machine, {
      input,
      clock: this.#world.clock,
      inspect: (inspected) => {
        if (inspected.type !== "@xstate.snapshot" || inspected.actorRef !== actor) return;
        this.#observe(path, inspected.event.type, inspected.snapshot as AnyMachineSnapshot);
      },
    });
    const forget = () => {
      if (this.#entries.get(path)?.actor === actor) this.#entries.delete(path);
    };
    const fail = (error: unknown) => {
      forget();
      onFailure?.(error);
    };
    this.#entries.set(path, { actor, machine: machine.id, fail, state: "", since: 0 });
    actor.subscribe({
      complete: () => {
        forget();
        // An actor that was stopped completes too, without an output.
        const { status, output } = actor.getSnapshot();
        if (status === "done") onDone?.(output);
      },
      error: fail,
    });
    actor.start();
    return actor;
  }

  /** Ends one actor as a crash would. False when there is none of that path. */
  crash(path: string): boolean {
    const entry = this.#entries.get(path);
    if (!entry) return false;
    this.#entries.delete(path);
    entry.actor.stop();
    entry.fail(new CrashedError(`actor ${path || "(root)"} was crashed on request`));
    return true;
  }

  /** Ends all of them at once. */
  stopAll(): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { actor } of entries) actor.stop();
  }

  list(prefix: string): ActorFacts[] {
    const facts: ActorFacts[] = [];
    for (const [path, { actor, machine, state, since }] of this.#entries) {
      if (!path.startsWith(prefix)) continue;
      const restarts = Math.max(0, (this.#starts.get(path) ?? 1) - 1);
      facts.push({ path, machine, state, restarts, since, error: problemOf(actor) });
    }
    return facts;
  }

  #countStart(path: string): void {
    const starts = (this.#starts.get(path) ?? 0) + 1;
    this.#starts.delete(path);
    this.#starts.set(path, starts);
    if (this.#starts.size <= restartsMax) return;
    const [oldest] = this.#starts.keys();
    if (oldest !== undefined) this.#starts.delete(oldest);
  }

  #observe(path: string, event: string, snapshot: AnyMachineSnapshot): void {
    const entry = this.#entries.get(path);
    if (!entry) return;
    const to = stateText(snapshot.value);
    if (to === entry.state) return;
    const at = this.#world.now();
    const from = entry.state;
    entry.state = to;
    entry.since = at;
    this.#onTransition({ path, machine: entry.machine, event, from, to, at });
  }
}
