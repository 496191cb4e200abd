/** Takes down what clients and watchers see, with times of one clock; bounded. */
import { realWorld } from "#libs/actor/world.ts";
import type { Broadcast, Told, Watch } from "../history/observation.ts";
import type { Call, Found, Operation, Outcome } from "../history/operation.ts";
import type { Door } from "./door.ts";

/** Operations of one round; clients rest when there are so many. */
const operationsMax = 40_000;
/** Broadcasts and told events of one round; what is beyond is not judged. */
const eventsMax = 400_000;

export class Recorder {
  readonly #startedAt = realWorld.monotonic();
  #operations: Operation[] = [];
  #watches: (Watch & { readonly told: Told[] })[] = [];
  #broadcasts: Broadcast[] = [];
  #events = 0;
  #ids = 0;
  #revision = 0;
  /** Times at which commits were acknowledged. */
  #commits: number[] = [];

  /** Milliseconds since the recorder was made. */
  now(): number {
    return realWorld.monotonic() - this.#startedAt;
  }

  get isFull(): boolean {
    return this.#operations.length >= operationsMax;
  }

  get count(): number {
    return this.#ids;
  }

  /** The highest that anybody was told. */
  get revision(): number {
    return this.#revision;
  }

  async ask(client: string, door: Door, call: Call): Promise<Outcome> {
    const id = (this.#ids += 1);
    const invokedAt = this.now();
    const outcome = await door.ask(call);
    const endedAt = this.now();
    const returnedAt = outcome.type === "unknown" ? Number.POSITIVE_INFINITY : endedAt;
    this.#operations.push({ id, client, call, invokedAt, returnedAt, outcome });
    if (call.type === "commit" && outcome.type === "committed") this.#commits.push(endedAt);
    if ("revision" in outcome) this.#revision = Math.max(this.#revision, outcome.revision);
    return outcome;
  }

  /** A watch begins; what it is told is given to the returned function. */
  beginWatch(
    watcher: string,
    prefix: string,
    after: number,
    listed: readonly Found[] | undefined,
  ): (told: Told) => void {
    const told: Told[] = [];
    this.#watches.push({ watcher, prefix, after, listed, told });
    return (each) => {
      const isBookmark = each.type === "bookmark";
      const last = told.at(-1);
      // Bookmarks without an event between them say no more than the last of them.
      if (isBookmark && last?.type === "bookmark" && last.revision <= each.revision) told.pop();
      if (!isBookmark && (this.#events += 1) > eventsMax) return;
      told.push(each);
    };
  }

  noteBroadcast(broadcast: Broadcast): void {
    if (this.#broadcasts.length < eventsMax) this.#broadcasts.push(broadcast);
  }

  /** The longest time without an acknowledged commit between two times. */
  silenceMs(from: number, to: number): number {
    const inside = this.#commits.filter((at) => at > from && at < to);
    const before = this.#commits.findLast((at) => at <= from) ?? from;
    const after = this.#commits.find((at) => at >= to) ?? to;
    const times = [before, ...inside.toSorted((a, b) => a - b), after];
    return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at)));
  }

  /** Resolves with the time of the first commit acknowledged after `from`; undefined: none came. */
  async commitAfter(from: number, msMax: number): Promise<number | undefined> {
    const until = this.now() + msMax;
    while (this.now() < until) {
      const at = this.#commits.at(-1) ?? 0;
      if (at > from) return this.#commits.find((each) => each > from);
      await realWorld.sleep(5);
    }
    return undefined;
  }

  /** All of it, and a fresh page. */
  take(): { operations: Operation[]; watches: Watch[]; broadcasts: Broadcast[] } {
    const taken = {
      operations: this.#operations,
      watches: this.#watches,
      broadcasts: this.#broadcasts,
    };
    [this.#operations, this.#watches, this.#broadcasts] = [[], [], []];
    this.#events = 0;
    this.#commits = this.#commits.slice(-1);
    return taken;
  }
}
