/** Lists at revisions, and watches that go on where another API server left off. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { Body, ListOptions, WatchEvent } from "../../services/apiserver/registry/request.ts";
import { caller, startRig, type Rig } from "./rig.ts";

const write = { dryRun: false, fieldValidation: "Warn" } as const;
const body = (value: unknown): Body => ({ value, duplicates: [], canonical: false });
const startMsMax = 30_000;
const namespace = "past";

type Registry = Rig["registry"];

/** Below it, revisions are forgotten as soon as there are newer ones. */
const historyCountMax = 200;

let rig: Rig;
/** Revisions after which `a`, `b` and `c` were there, and `a` not any more. */
let at: { a: number; b: number; c: number; gone: number };

async function create(name: string, labels: object = {}): Promise<number> {
  const object = body({ metadata: { name, labels } });
  const place = rig.place("configmaps", namespace);
  const { version } = await rig.registry.create(caller, place, object, write);
  return Number(version.object.metadata?.resourceVersion);
}

beforeAll(async () => {
  rig = await startRig({ historyCountMax });
  const place = rig.place("namespaces", "");
  await rig.registry.create(caller, place, body({ metadata: { name: namespace } }), write);
  const [a, b, c] = [await create("a"), await create("b", { on: "yes" }), await create("c")];
  await rig.registry.delete(caller, rig.place("configmaps", namespace, "a"), write);
  at = { a, b, c, gone: c + 1 };
}, startMsMax);
afterAll(() => rig.stop(), startMsMax);

/** Names, with how many are left and "…" when there is more; or the refusal. */
async function list(options: Partial<ListOptions>, registry: Registry = rig.registry) {
  const place = rig.place("configmaps", namespace);
  return registry.list(caller, place, { limit: 0, ...options }).then(
    ({ versions, continue: token, remainingItemCount: rest }) => {
      const names = versions.map(({ object }) => object.metadata?.name).join(" ");
      const more = token ? ` … ${rest ?? "some"}` : "";
      return `${names}${more}`;
    },
    ({ code, message }: StatusError) => `${code} ${message}`,
  );
}

describe("lists", () => {
  const exact = { resourceVersionMatch: "Exact" } as const;
  const newer = { resourceVersionMatch: "NotOlderThan" } as const;
  it.each<[string, () => Partial<ListOptions>, string]>([
    ["without a revision: what is there now", () => ({}), "b c"],
    ["without a revision, a page", () => ({ limit: 1 }), "b … 1"],
    ["of 0: anything, and whole", () => ({ resourceVersion: "0", limit: 1 }), "b c"],
    ["not older than a revision", () => ({ resourceVersion: `${at.a}`, ...newer }), "b c"],
    ["not older than 0", () => ({ resourceVersion: "0", ...newer }), "b c"],
    ["a page not older", () => ({ resourceVersion: `${at.a}`, ...newer, limit: 1 }), "b … 1"],
    ["of a revision, as it may be newer", () => ({ resourceVersion: `${at.b}` }), "b c"],
    ["a page of a revision is of that", () => ({ resourceVersion: `${at.b}`, limit: 1 }), "a … 1"],
    ["exactly", () => ({ resourceVersion: `${at.b}`, ...exact }), "a b"],
    ["exactly, a page", () => ({ resourceVersion: `${at.c}`, ...exact, limit: 2 }), "a b … 1"],
    [
      "exactly, with a selector: how many are left is not told",
      () => ({ resourceVersion: `${at.c}`, ...exact, limit: 1, labelSelector: "on!=yes" }),
      "a … some",
    ],
  ])("%s", async (_, options, expected) => {
    expect(await list(options())).toBe(expected);
  });

  it("wait for a revision that has not come, and give up", async () => {
    const resourceVersion = String(at.gone + 1_000);
    const refused = /^504 .*Too large resource version: \d+, current: \d+$/;
    const asked = [{ ...newer }, { ...exact }, { limit: 1 }, {}];
    const answers = asked.map((options) => list({ resourceVersion, ...options }));
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(refused);
  });

  it("go on at their revision, on any API server", async () => {
    const place = rig.place("configmaps", namespace);
    const first = await rig.registry.list(caller, place, { limit: 1, resourceVersion: `${at.c}` });
    const other = await rig.replica();
    await create("aa");
    for (const registry of [rig.registry, other]) {
      expect(await list({ limit: 5, continue: first.continue }, registry)).toBe("b c");
    }
    await rig.registry.delete(caller, rig.place("configmaps", namespace, "aa"), write);
  });
});

/** The first events of a watch. */
async function watch(registry: Registry, resourceVersion: string, count: number, some = {}) {
  const events: WatchEvent[] = [];
  const enough = Promise.withResolvers<void>();
  const options = { allowWatchBookmarks: false, resourceVersion, ...some };
  const place = rig.place("configmaps", namespace);
  const watching = await registry.watch(caller, place, options, (more) => {
    events.push(...more);
    if (events.length >= count) enough.resolve();
  });
  await enough.promise;
  watching.stop();
  return events.map((event) =>
    "version" in event ? `${event.type} ${event.version.object.metadata?.name}` : event.type,
  );
}

describe("an API server that starts later", () => {
  it("tells a watch what happened before it started", async () => {
    const late = await rig.replica();
    const after = await watch(late, `${at.a}`, 3);
    expect(after.slice(0, 3)).toEqual(["ADDED b", "ADDED c", "DELETED a"]);
    expect(await watch(rig.registry, `${at.a}`, 3)).toEqual(after);
  });

  it("knows what objects were before, for selectors", async () => {
    const late = await rig.replica();
    const created = await create("sel", { on: "yes" });
    const place = rig.place("configmaps", namespace, "sel");
    const off = body({ metadata: { labels: { on: "no" } } });
    await rig.registry.patch(caller, place, "application/merge-patch+json", off, write);
    const later = await rig.replica();
    const selecting = { labelSelector: "on=yes" };
    for (const registry of [late, later]) {
      expect(await watch(registry, `${created}`, 1, selecting)).toEqual(["DELETED sel"]);
    }
  });

  it("has what is there now", async () => {
    const late = await rig.replica();
    expect(await list({}, late)).toBe(await list({}));
    expect(await list({ resourceVersion: "0" }, late)).toBe(await list({}));
  });
});

describe("what is behind the window", () => {
  const place = () => rig.place("configmaps", namespace);
  let token: string | undefined;

  beforeAll(async () => {
    token = (await rig.registry.list(caller, place(), { limit: 1 })).continue;
    const { revision } = await rig.context.store.head({ group: "", resource: "configmaps" });
    for (let newest = 0; newest < revision + historyCountMax + 50;) {
      newest = await create(`z-${newest}`);
    }
  });

  it("is 410 for a watch, as an event", async () => {
    expect(await watch(await rig.replica(), "1", 1)).toEqual(["ERROR"]);
  });

  it("is 410 for a list of that revision", async () => {
    const asked = { resourceVersion: "1", resourceVersionMatch: "Exact" };
    const expired = /^410 The resourceVersion for the provided list is too old\.$/;
    expect(await list(asked)).toMatch(expired);
    expect(await list({ resourceVersion: "1", limit: 1 })).toMatch(expired);
  });

  it("is 410 for a page, with a token for the rest as it is now", async () => {
    const refused = await rig.registry
      .list(caller, place(), { limit: 1, continue: token })
      .catch((error: StatusError) => error);
    expect(refused).toMatchObject({ code: 410, reason: "Expired" });
    const inconsistent = (refused as StatusError).status.metadata?.continue;
    expect(await list({ limit: 1, continue: inconsistent })).toMatch(/^c … \d+$/);
  });
});

it("a watch is told how far it is before its time is over", async () => {
  const some = { allowWatchBookmarks: true, sendInitialEvents: false, timeoutSeconds: 2.2 };
  expect(await watch(rig.registry, "", 1, some)).toEqual(["BOOKMARK"]);
});
