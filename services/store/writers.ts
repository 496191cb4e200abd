/** For tests: writers that ask until they know, and what must be there when they have ended. */
import { expect } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { type clientOf, pod, put } from "./rig.ts";

type Client = ReturnType<typeof clientOf>;

/** Asks again, with the same request id, until the outcome is known. Resolves to the revision. */
export async function commitSurely(client: Client, name: string, value = name): Promise<number> {
  const id = `id-${name}`;
  while (true) {
    const answer = await client
      .commit([put("CREATE", pod(name), { value })], id)
      .catch(() => undefined);
    if (answer?.failure === "COMMIT_FAILURE_UNSPECIFIED") return answer.revision;
    if (answer && answer.failure !== "COMMIT_FAILURE_UNAVAILABLE") throw new Error(answer.message);
    await realWorld.sleep(20);
  }
}

/** Writers that create keys of their own until told to end; what was acknowledged, by name. */
export function startWriters(client: Client, count: number, prefix = "w") {
  const acknowledged = new Map<string, number>();
  let isEnding = false;
  const write = async (writer: number) => {
    for (let index = 0; !isEnding; index += 1) {
      const name = `${prefix}${writer}-${index}`;
      acknowledged.set(name, await commitSurely(client, name));
    }
  };
  const all = Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
  return {
    acknowledged,
    /** Resolves when so many more writes were acknowledged. */
    async progress(more: number) {
      const wanted = acknowledged.size + more;
      while (acknowledged.size < wanted) await realWorld.sleep(5);
    },
    async end() {
      isEnding = true;
      await all;
      return acknowledged;
    },
  };
}

/** Every acknowledged write is there, as acknowledged, and every revision made a key of its own. */
export async function expectAll(client: Client, acknowledged: ReadonlyMap<string, number>) {
  const { records, revision } = await client.list({});
  const stored = new Map(records.map((record) => [record.key?.name, record]));
  for (const [name, at] of acknowledged) {
    const record = stored.get(name);
    expect([name, record?.revision, record && new TextDecoder().decode(record.value)]).toEqual([
      name,
      at,
      name,
    ]);
  }
  expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
  // None was used twice, and none got lost.
  expect(records.map((record) => record.revision).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: revision }, (_, index) => index + 1),
  );
}
