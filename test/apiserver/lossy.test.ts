/** An API server whose bus loses broadcasts still shows every write, once and in order. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Bus } from "#libs/bus/bus.ts";
import type { WatchEvent } from "../../services/apiserver/registry/request.ts";
import { caller, startRig, type Rig } from "./rig.ts";

const startMsMax = 30_000;
const write = { dryRun: false, fieldValidation: "Ignore" } as const;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, startMsMax);
afterAll(() => rig.stop(), startMsMax);

/** Loses broadcasts of changes by a fixed pattern: the same in every run. */
function lossyBus(bus: Bus, keeps: (message: number) => boolean): Bus {
  const isBroadcast = (subject: string) => subject.includes(".watch.v1.");
  return new Proxy(bus, {
    get(target, property) {
      if (property !== "subscribe") {
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      const subscribe: Bus["subscribe"] = (subject, handler, options) => {
        let seen = 0;
        const some: typeof handler = (message) => {
          if (!isBroadcast(subject) || keeps(seen++)) handler(message);
        };
        return target.subscribe(subject, some, options);
      };
      return subscribe;
    },
  });
}

const patterns: readonly [title: string, keeps: (message: number) => boolean][] = [
  ["every third is lost", (message) => message % 3 !== 2],
  ["most are lost", (message) => message % 7 === 0],
  ["all are lost", () => false],
];

it.each(patterns)("%s", { timeout: 60_000 }, async (title, keeps) => {
  const replica = await rig.replica(lossyBus(rig.bus, keeps));
  const namespace = title.replaceAll(" ", "-");
  const body = (value: object) => ({ value, duplicates: [], canonical: false });
  const namespaces = rig.place("namespaces", "");
  await rig.registry.create(caller, namespaces, body({ metadata: { name: namespace } }), write);
  const place = rig.place("configmaps", namespace, "a");
  const first = body({ metadata: { name: "a" }, data: { step: "0" } });
  const { version } = await rig.registry.create(caller, { ...place, name: "" }, first, write);

  const steps: (string | undefined)[] = [];
  const deliver = (events: readonly WatchEvent[]) => {
    for (const event of events) {
      if (!("version" in event)) continue;
      steps.push((event.version.object as { data?: { step?: string } }).data?.step);
    }
  };
  const resourceVersion = String(version.revision);
  const options = { allowWatchBookmarks: false, resourceVersion };
  const watch = await replica.watch(caller, { ...place, name: "" }, options, deliver);

  const wanted = Array.from({ length: 12 }, (_, index) => String(index + 1));
  for (const step of wanted) {
    const patch = body({ data: { step } });
    await rig.registry.patch(caller, place, "application/merge-patch+json", patch, write);
    const read = await replica.get(caller, place, {});
    expect((read.object as { data?: object }).data).toEqual({ step });
  }
  watch.stop();
  expect(steps).toEqual(wanted);
});
