/** Which commits share a message, and what becomes of each. */
import { expect, test } from "vitest";
import { type Bus, BusTimeoutError } from "#libs/bus/bus.ts";
import { Subjects } from "#libs/bus/subjects.ts";
import { codecOf } from "#libs/schema/index.ts";
import type {
  CommitRequest,
  CommitResponse,
  CommitsRequest,
  CommitsResponse,
} from "#proto/gen/kubus/store/v1.ts";
import { gatherCommits } from "./gather.ts";

const one = codecOf<CommitResponse>("kubus.store.v1.CommitResponse");
const many = codecOf<CommitsRequest>("kubus.store.v1.CommitsRequest");
const answers = codecOf<CommitsResponse>("kubus.store.v1.CommitsResponse");

/** A bus on which the test answers, by the subject that was asked. */
function rig(answer: (requests: readonly CommitRequest[]) => readonly Partial<CommitResponse>[]) {
  const asked: string[] = [];
  const subjects = new Subjects("kubus");
  const request = (subject: string, payload: Uint8Array): Promise<Uint8Array> => {
    const verb = subjects.parse(subject)?.verb ?? "";
    if (verb === "commit") {
      asked.push("1");
      return Promise.resolve(one.encode({ revision: 7 }));
    }
    const { requests } = many.decode(payload);
    asked.push(String(requests.length));
    return Promise.resolve(answers.encode({ responses: [...answer(requests)] }));
  };
  const bus: Pick<Bus, "subjects" | "request"> = { subjects, request };
  const commit = gatherCommits(bus as Bus, { timeoutMs: 1_000 });
  return { asked, commit };
}

const commitOf = (name: string, bytes = 1): CommitRequest => ({
  requestId: name,
  mutations: [
    {
      type: "MUTATION_TYPE_UPDATE",
      key: { group: "", resource: "pods", namespace: "", name },
      value: new Uint8Array(bytes),
      expectedRevision: 0,
      partition: "",
      confidential: false,
      ttlSeconds: 0,
    },
  ],
});
const inOrder = (requests: readonly CommitRequest[]) =>
  requests.map(({ requestId }) => ({ revision: Number(requestId) }));

test("one goes alone, those of one turn together, each gets its own answer", async () => {
  const { asked, commit } = rig(inOrder);
  expect((await commit(commitOf("a"))).revision).toBe(7);
  const three = await Promise.all(["1", "2", "3"].map((name) => commit(commitOf(name))));
  expect(three.map(({ revision }) => revision)).toEqual([1, 2, 3]);
  expect(asked).toEqual(["1", "3"]);
});

test.each([
  ["65 are too many for one message", Array.from({ length: 65 }, () => 1), ["64", "1"]],
  ["so are too many bytes", [300_000, 200_000, 100_000], ["2", "1"]],
  ["a large one goes by itself", [1, 600_000, 1], ["1", "2"]],
])("%s", async (_, sizes, messages) => {
  const { asked, commit } = rig(inOrder);
  await Promise.all(sizes.map((bytes, index) => commit(commitOf(String(index + 1), bytes))));
  expect(asked).toEqual(messages);
});

test("a refusal is its own, and what was not answered is asked again", async () => {
  const { commit } = rig(() => [
    { revision: 1 },
    { failure: "COMMIT_FAILURE_EXISTS" },
    { failure: "COMMIT_FAILURE_UNSPECIFIED" },
  ]);
  const [done, refused, left, missing] = await Promise.allSettled(
    ["1", "2", "3", "4"].map((name) => commit(commitOf(name))),
  );
  expect(done).toMatchObject({ status: "fulfilled", value: { revision: 1 } });
  expect(refused).toMatchObject({ value: { failure: "COMMIT_FAILURE_EXISTS" } });
  expect(left).toMatchObject({ status: "rejected", reason: expect.any(BusTimeoutError) });
  expect(missing).toMatchObject({ status: "rejected", reason: expect.any(BusTimeoutError) });
});
