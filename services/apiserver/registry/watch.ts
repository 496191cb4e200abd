/** Watching: past events, then live ones, in revision order, as the selectors see them. */
import { expired, StatusError, toStatusError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { WatchCache } from "./cache/cache.ts";
import type { CacheEvent } from "./cache/history.ts";
import type { RegistryContext } from "./context.ts";
import { refresh } from "./read.ts";
import type { Place, Watch, WatchEvent, WatchOptions } from "./request.ts";
import { compileSelection, type Selection } from "./selection.ts";

/** How often an idle watch is told how far it is. */
const bookmarkMs = 60_000;
/** Before its time is over, a watch is told how far it is: the next one goes on from there. */
const lastBookmarkMs = 2_000;

type Deliver = (events: readonly WatchEvent[]) => void;

/** Where a watch begins. */
type Start =
  /** With everything that is there, as ADDED. */
  | { readonly type: "current"; readonly bookmark: boolean }
  /** After a revision. */
  | { readonly type: "after"; readonly revision: number };

/** Starts a watch; `deliver` gets what is there, if that was asked for, then every change. */
export async function startWatch(
  context: RegistryContext,
  place: Place,
  options: WatchOptions,
  deliver: Deliver,
): Promise<Watch> {
  const selection = compileSelection(place, options);
  const cache = context.caches.of(place.definition);
  const start = await findStart(cache, options);
  const watch = new CacheWatch({ context, place, cache, selection, deliver, options });
  watch.begin(start);
  return watch;
}

async function findStart(cache: WatchCache, options: WatchOptions): Promise<Start> {
  const { resourceVersion = "", sendInitialEvents, allowWatchBookmarks } = options;
  if (sendInitialEvents === true) {
    await refresh(cache, resourceVersion);
    return { type: "current", bookmark: allowWatchBookmarks };
  }
  if (resourceVersion === "" || resourceVersion === "0") {
    if (resourceVersion === "") await cache.catchUp();
    if (sendInitialEvents === false) return { type: "after", revision: cache.revision };
    return { type: "current", bookmark: allowWatchBookmarks };
  }
  return { type: "after", revision: watchedRevision(resourceVersion) };
}

/** Kubernetes answers a watch after what is no revision without a reason. */
function watchedRevision(resourceVersion: string): number {
  if (/^\d+$/.test(resourceVersion)) return Number(resourceVersion);
  const text =
    `resourceVersion: Invalid value: ${goQuote(resourceVersion)}: ` +
    `strconv.ParseUint: parsing ${goQuote(resourceVersion)}: invalid syntax`;
  throw new StatusError(500, "", text);
}

interface WatchInput {
  readonly context: RegistryContext;
  readonly place: Place;
  readonly cache: WatchCache;
  readonly selection: Selection;
  readonly deliver: Deliver;
  readonly options: WatchOptions;
}

class CacheWatch implements Watch {
  readonly #input: WatchInput;
  /** Events up to this revision were delivered or do not match. */
  #position = 0;
  #releases: (() => void)[] = [];
  #ended = false;

  constructor(input: WatchInput) {
    this.#input = input;
  }

  begin(start: Start): void {
    const { cache, context, options } = this.#input;
    const events = start.type === "current" ? this.#current(start.bookmark) : this.#past(start);
    // A revision that did not come yet is waited for.
    const after = start.type === "after" ? start.revision : 0;
    this.#position = Math.max(cache.revision, after);
    if (events.length > 0) this.#input.deliver(events);
    if (this.#ended) return;
    this.#releases.push(
      cache.listen({
        changed: (changes) => this.#onChanged(changes),
        reset: () => this.#fail(tooOld(this.#position, cache.floor)),
      }),
    );
    if (options.allowWatchBookmarks) {
      const { world } = context;
      this.#releases.push(world.every(bookmarkMs, () => this.#bookmark()));
      const lastMs = (options.timeoutSeconds ?? 0) * 1_000 - lastBookmarkMs;
      if (lastMs > 0) this.#releases.push(world.after(lastMs, () => this.#bookmark()));
    }
  }

  stop(): void {
    this.#ended = true;
    for (const release of this.#releases) release();
    this.#releases = [];
  }

  #current(bookmark: boolean): WatchEvent[] {
    const { cache, place, selection } = this.#input;
    const events: WatchEvent[] = [];
    for (const stored of cache.values(place.namespace)) {
      if (!selection.matches(stored)) continue;
      events.push({ type: "ADDED", version: stored.as(place.definition) });
    }
    if (bookmark) events.push(bookmarkAt(cache.revision, "initialEventsEnd"));
    return events;
  }

  #past({ revision }: Extract<Start, { type: "after" }>): WatchEvent[] {
    const { cache } = this.#input;
    const changes = cache.since(revision);
    if (changes !== undefined) return this.#seen(changes);
    this.stop();
    return [{ type: "ERROR", status: tooOld(revision, cache.floor).status }];
  }

  #onChanged(changes: readonly CacheEvent[]): void {
    try {
      const events = this.#seen(changes.filter(({ revision }) => revision > this.#position));
      this.#position = Math.max(this.#position, changes.at(-1)?.revision ?? 0);
      if (events.length > 0) this.#input.deliver(events);
    } catch (error) {
      this.#fail(toStatusError(error));
    }
  }

  #seen(changes: readonly CacheEvent[]): WatchEvent[] {
    const { place, selection } = this.#input;
    const events: WatchEvent[] = [];
    for (const change of changes) {
      if (place.namespace !== "" && change.version.namespace !== place.namespace) continue;
      const event = selectEvent(place.definition, selection, change);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #bookmark(): void {
    const { cache, deliver } = this.#input;
    deliver([bookmarkAt(cache.revision, "")]);
  }

  #fail(error: StatusError): void {
    if (this.#ended) return;
    this.stop();
    this.#input.deliver([{ type: "ERROR", status: error.status }]);
  }
}

/** What a watcher with that selection sees of a change; undefined for nothing. */
function selectEvent(
  definition: ResourceDefinition,
  selection: Selection,
  { type, version, previous, revision }: CacheEvent,
): WatchEvent | undefined {
  if (selection.everything) return { type, version: version.as(definition) };
  const matched = previous !== undefined && selection.matches(previous);
  if (type === "DELETED") {
    return matched ? { type, version: version.as(definition) } : undefined;
  }
  const matches = selection.matches(version);
  if (matches) return { type: matched ? "MODIFIED" : "ADDED", version: version.as(definition) };
  // It left the selection: the watcher sees the last state that it knew go.
  if (matched) return { type: "DELETED", version: previous.at(revision).as(definition) };
  return undefined;
}

const bookmarkAt = (revision: number, end: "initialEventsEnd" | ""): WatchEvent => ({
  type: "BOOKMARK",
  resourceVersion: String(revision),
  initialEventsEnd: end === "initialEventsEnd",
});

const tooOld = (revision: number, floor: number): StatusError =>
  expired(`too old resource version: ${revision} (${floor + 1})`);
