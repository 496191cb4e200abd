/** Nothing that was acknowledged is lost, and nothing happens twice, whoever crashes meanwhile. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { Client } from "../golden/replay.ts";
import { startControlPlane, type ControlPlane } from "../golden/server.ts";

const startMsMax = 60_000;
const configmaps = "/api/v1/namespaces/default/configmaps";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
}, startMsMax);
afterAll(() => plane.stop(), startMsMax);

const retryMs = 20;
const writers = 4;

interface Counted {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly data: { readonly count: string };
}

it("writes survive crashes of the API server and the store", { timeout: 60_000 }, async () => {
  const client = new Client(plane);
  /** Uids of the answers, by name. */
  const acknowledged = new Map<string, string>();
  let isOver = false;

  /** Asks until there is an answer: a crash may eat any number of them. */
  const insist = async (request: Parameters<Client["ask"]>[0]) => {
    for (;;) {
      const answer = await client.ask(request).catch(() => undefined);
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) return answer;
      await realWorld.sleep(retryMs);
    }
  };

  const write = async (writer: number) => {
    for (let count = 0; !isOver; count++) {
      const name = `w${writer}-${count}`;
      const body = { metadata: { name }, data: { count: String(count) } };
      const { status, body: made } = await insist({ method: "POST", path: configmaps, body });
      // The first attempt may have happened although its answer was lost.
      expect([201, 409]).toContain(status);
      if (status === 201) acknowledged.set(name, (made as Counted).metadata.uid);
    }
  };

  const writing = Array.from({ length: writers }, (_, writer) => write(writer));
  for (const component of ["apiserver", "store", "apiserver"]) {
    const before = acknowledged.size;
    while (acknowledged.size < before + 20) await realWorld.sleep(retryMs);
    await plane.crash(component);
  }
  const before = acknowledged.size;
  while (acknowledged.size < before + 20) await realWorld.sleep(retryMs);
  isOver = true;
  await Promise.all(writing);

  const { items } = (await insist({ path: configmaps })).body as { items: Counted[] };
  const found = new Map(items.map(({ metadata: { name, uid } }) => [name, uid]));
  expect(found.size).toBe(items.length);
  for (const [name, uid] of acknowledged) expect(found.get(name)).toBe(uid);
});
