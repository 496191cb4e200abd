/** What a component is and what it is given to live with. */
import type { Logger } from "pino";
import type { AnyActor, AnyStateMachine } from "xstate";
import type { Bus } from "#libs/bus/bus.ts";
import type { World } from "./world.ts";

/** Surroundings of one life of a component; a restart gets a fresh one. */
export interface Host {
  readonly component: string;
  /** Which of several: a kubelet's node name, else "0", "1", … */
  readonly instance: string;
  /** Ends with this life: subscriptions and requests stop when it does. */
  readonly bus: Bus;
  /** The process's own connection, for what several components share (informers). */
  readonly shared: Bus;
  readonly world: World;
  readonly log: Logger;
  /** Aborted when this life ends, whatever ended it. Effects stop on it. */
  readonly signal: AbortSignal;
  /** Called when this life ends, after the machine stopped. */
  onEnd(release: () => void | Promise<void>): void;
  /**
   * Starts a child actor with a life of its own, seen by `kubus actors` under its path
   * ("pod/<uid>") and in transitions. It is stopped when it reaches a final state, by
   * `child.stop()`, or with the component. A child that fails or is crashed by a control message
   * ends; `onFailure` tells its owner, who decides whether to start it again.
   */
  spawn(options: SpawnOptions): AnyActor;
}

export interface SpawnOptions {
  readonly path: string;
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  readonly onDone?: (output: unknown) => void;
  readonly onFailure?: (error: unknown) => void;
}

/** Root machine of a component with its effects filled in. */
export interface Assembled {
  /**
   * Has the tag "ready" while it serves. Gets `{ type: "Stop" }` on an orderly end and then reaches
   * a final state within `stopMsMax`; a machine that fails is restarted by its supervisor.
   */
  readonly machine: AnyStateMachine;
  readonly input: unknown;
}

export interface Component<Config> {
  /** As subjects and `kubus actors` show it: "scheduler", "deployment-controller". */
  readonly name: string;
  assemble(host: Host, config: Config): Assembled;
}
