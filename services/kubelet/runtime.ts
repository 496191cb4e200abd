/** What a kubelet needs of a container runtime. Implementations: runtimes/<name>/. */
import type { Container, Pod, Probe } from "#proto/gen/k8s/core/v1.ts";
import type { ContainerUsage } from "./usage/documents.ts";

/** One container that the runtime knows, living or dead. */
export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  /** Counts the starts of this container in its pod, from 0. */
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly state: "running" | "exited";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly signal?: number;
  /** Completed, Error, OOMKilled, … */
  readonly reason?: string;
  readonly message?: string;
}

/** A pod's shared surroundings: its network, and the containers in it. */
export interface RuntimePod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly sandboxId: string;
  /** Undefined while it has none, and when the sandbox is stopped. */
  readonly ip: string | undefined;
  readonly isRunning: boolean;
  readonly containers: readonly RuntimeContainer[];
}

export interface LogOptions {
  readonly follow: boolean;
  /** Only what the container wrote there; undefined: both, in the order in which it did. */
  readonly stream?: "stdout" | "stderr";
  /** Lines from the end; undefined: all. */
  readonly tailLines?: number;
  /** Only lines after this, milliseconds since 1970. */
  readonly since?: number;
  readonly timestamps: boolean;
}

/** A container cannot be started; `reason` is shown as its waiting reason. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What becomes of a start, step by step; told as the pod's events. */
export type StartStep =
  | { readonly type: "Pulling" }
  | { readonly type: "Pulled"; readonly milliseconds: number; readonly bytes: number }
  | { readonly type: "ImagePresent" }
  | { readonly type: "Created" }
  | { readonly type: "Started" }
  | {
      readonly type: "HookFailed";
      readonly hook: "PostStart" | "PreStop";
      readonly message: string;
    };

export interface StartContext {
  readonly tell: (step: StartStep) => void;
  /** Aborted when nobody wants the container any more: a pull need not be awaited then. */
  readonly signal: AbortSignal;
}

export interface RemoveOptions {
  /** Dead containers and their logs stay, and with them all that the pod has on disk. */
  readonly keepLogs: boolean;
  /** What the pod has on disk stays, for the next time that it runs here. */
  readonly keepVolumes?: boolean;
}

/** A running container, and where it is reached. */
export interface ProbeTarget {
  readonly container: Container;
  /** The runtime's id of it. */
  readonly id: string;
  readonly podIp: string;
}

export interface ProbeResult {
  readonly ok: boolean;
  readonly output: string;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** Where a process in a container reads and writes. */
export interface ProcessStreams {
  /** Undefined: nothing is to be read. */
  readonly stdin: AsyncIterable<Uint8Array> | undefined;
  /** Both resolve when more can be written; false: nobody reads any more. */
  readonly stdout: (data: Uint8Array) => Promise<boolean>;
  readonly stderr: (data: Uint8Array) => Promise<boolean>;
  readonly tty: boolean;
  /** Calls back with the terminal's size, now if it is known, and whenever it changes. */
  readonly onSize: (listener: (size: TerminalSize) => void) => void;
  /** Aborted when the user has left: what was started for them ends. */
  readonly signal: AbortSignal;
}

/** One connection that is forwarded into a pod. */
export interface ForwardedConnection {
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when more can be written; false: the other side has left. */
  readonly write: (data: Uint8Array) => Promise<boolean>;
  /** No more will be written. */
  readonly end: () => void;
  readonly signal: AbortSignal;
}

/** A connection that the process in the pod cut off; others are not concerned. */
export class ConnectionReset extends Error {
  override readonly name = "ConnectionReset";
}

/** What users do with running containers. Ids are those of {@link RuntimeContainer}. */
export interface RuntimeStreams {
  /**
   * Runs a command in a running container and resolves with its exit code. Rejects when it cannot
   * be started.
   */
  exec(containerId: string, command: readonly string[], streams: ProcessStreams): Promise<number>;
  /** Joins the container's own process; resolves when it ends, or the user leaves. */
  attach(containerId: string, streams: ProcessStreams): Promise<void>;
  /**
   * Connects to a port in the pod's network; resolves when both directions are over. Rejects when
   * nothing listens there, and with ConnectionReset.
   */
  portForward(pod: RuntimePod, port: number, connection: ForwardedConnection): Promise<void>;
}

/**
 * Every method rejects with RuntimeError for what the runtime refuses, with any other error when it
 * is out of reach. Names and uids identify pods; starting what runs already is not an error.
 */
export interface Runtime {
  /** As in node.status.nodeInfo.containerRuntimeVersion: `docker://20.10.24`. */
  readonly version: string;
  /** All pods of this node that the runtime knows. */
  list(): Promise<readonly RuntimePod[]>;
  /** One of them. */
  get(uid: string): Promise<RuntimePod | undefined>;
  /** Calls back with a pod's uid whenever something about its containers changed. */
  watch(listener: (uid: string) => void): () => void;
  /** Makes the pod's surroundings; resolves when its address is known. */
  createSandbox(pod: Pod): Promise<void>;
  /** Gets the image, creates the container and starts it. */
  startContainer(
    pod: Pod,
    container: Container,
    attempt: number,
    context: StartContext,
  ): Promise<void>;
  /** Asks the container to end, and ends it after the grace period. Resolves when it has ended. */
  stopContainer(
    pod: Pod,
    name: string,
    graceSeconds: number,
    tell: StartContext["tell"],
  ): Promise<void>;
  /** Ends whatever runs, at once, and removes it. */
  removeSandbox(uid: string, options: RemoveOptions): Promise<void>;
  /** Chunks of a container's output; ends when there is no more to come. */
  logs(containerId: string, options: LogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
  readonly streams: RuntimeStreams;
  /** What the pod's running containers use. */
  usage(uid: string): Promise<readonly ContainerUsage[]>;
  /**
   * Asks a running container how it is: HTTP, TCP, gRPC or a command in it. A runtime without it
   * has no containers that could answer: they count as started and ready as long as they run.
   */
  readonly probe?: (target: ProbeTarget, probe: Probe) => Promise<ProbeResult>;
  /** Brings files up to date that show config maps, secrets and tokens. */
  readonly refresh?: (pod: Pod) => Promise<void>;
}
