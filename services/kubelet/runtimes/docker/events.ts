/** Docker's event stream as "something about this pod changed", for as long as somebody listens. */
import type Docker from "dockerode";
import type { World } from "#libs/actor/world.ts";
import { filterOf, labels, type Scope } from "./labels.ts";

const reconnectMsMin = 100;
const reconnectMsMax = 5_000;
/** What changes a container's state; execs, for probes, would be noise. */
const actions = ["create", "start", "die", "oom", "destroy", "pause", "unpause"];

export interface EventsOptions {
  readonly docker: Docker;
  readonly scope: Scope;
  readonly world: World;
  /** Uids of all pods that may have changed while nobody looked. */
  readonly known: () => Promise<readonly string[]>;
}

/** One stream for all listeners; it is opened again when it breaks. */
export class ContainerEvents {
  readonly #options: EventsOptions;
  readonly #listeners = new Set<(uid: string) => void>();
  #life: AbortController | undefined;

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  /** The stream is open while there is a listener. */
  listen(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#life) {
      this.#life = new AbortController();
      void this.#follow(this.#life.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#life?.abort();
      this.#life = undefined;
    };
  }

  /** Opens the stream again and again until nobody listens. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { world } = this.#options;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#read(signal, () => (failures = 0));
      } catch {
        // The engine is out of reach: the pods' own looks at it tell so.
      }
      const wait = Math.min(reconnectMsMin * 2 ** failures, reconnectMsMax);
      await world.sleep(wait, signal).catch(() => undefined);
    }
  }

  async #read(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const { docker, scope, known } = this.#options;
    const filters = { type: ["container"], event: actions, label: filterOf(scope) };
    // The types of the client do not know that a stream can be ended by a signal.
    const options: object = { filters, abortSignal: signal };
    const stream = await docker.getEvents(options as Docker.GetEventsOptions);
    onOpen();
    // What happened before the stream was open is found by looking.
    for (const uid of await known()) this.#tell(uid);
    for await (const line of linesOf(stream as unknown as AsyncIterable<Buffer>)) {
      const uid = uidOf(line);
      if (uid !== "") this.#tell(uid);
    }
  }

  #tell(uid: string): void {
    for (const listener of [...this.#listeners]) listener(uid);
  }
}

/** Lines of a stream whose chunks end anywhere. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function uidOf(line: string): string {
  try {
    const event = JSON.parse(line) as { Actor?: { Attributes?: Record<string, string> } };
    return event.Actor?.Attributes?.[labels.uid] ?? "";
  } catch {
    return "";
  }
}
