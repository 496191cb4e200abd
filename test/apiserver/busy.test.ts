/** More writes at once than the store has places for. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { Body } from "../../services/apiserver/registry/request.ts";
import { caller, startRig, type Rig } from "./rig.ts";

const write = { dryRun: false, fieldValidation: "Warn" } as const;
const body = (value: unknown): Body => ({ value, duplicates: [], canonical: false });
const startMsMax = 30_000;
const queueMax = 20;
const writersAtOnce = 300;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ queueMax });
}, startMsMax);
afterAll(() => rig.stop(), startMsMax);

it("are refused with 429 and when to come again; none is lost, none is half done", async () => {
  const place = rig.place("namespaces", "");
  await rig.registry.create(caller, place, body({ metadata: { name: "busy" } }), write);
  const names = Array.from({ length: writersAtOnce }, (_, index) => `w${index}`);
  const create = (name: string) =>
    rig.registry
      .create(caller, rig.place("configmaps", "busy"), body({ metadata: { name } }), write)
      .then(
        () => name,
        (error: StatusError) => error.status,
      );
  const answers = await Promise.all(names.map(create));
  const written = answers.filter((answer) => typeof answer === "string");
  const refused = answers.filter((answer) => typeof answer !== "string");
  expect(written.length).toBeGreaterThanOrEqual(queueMax);
  expect(refused.length).toBeGreaterThan(0);
  for (const status of refused) {
    const details = { retryAfterSeconds: 1 };
    expect(status).toMatchObject({ code: 429, reason: "TooManyRequests", details });
  }
  const listed = await rig.registry.list(caller, rig.place("configmaps", "busy"), { limit: 0 });
  const found = listed.versions.map(({ object }) => object.metadata?.name);
  expect(found.filter((name) => name?.startsWith("w"))).toEqual(written.toSorted());
  // Who comes again is served.
  expect(await create("later")).toBe("later");
});
