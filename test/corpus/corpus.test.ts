/** Objects of every kind through everything that clients do with them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startControlPlane, type ControlPlane } from "../golden/server.ts";
import { goAround } from "./circle.ts";
import { Client } from "./client.ts";
import { examples, hasManifests, manifests, namespace, namespaces, questions } from "./objects.ts";

const startMsMax = 60_000;
const facts = join(import.meta.dirname, "../../../shared/facts/api-resources.json");

/** No object of its own: only read, and made of a pod. */
const withoutExample = ["componentstatuses", "bindings"];

let plane: ControlPlane;
let client: Client;

beforeAll(async () => {
  // Nothing but the tests writes: what is not changed keeps its version.
  plane = await startControlPlane({ controllers: false });
  client = new Client(plane);
  for (const name of namespaces) {
    await make("/api/v1/namespaces", { metadata: { name } });
    const accounts = `/api/v1/namespaces/${name}/serviceaccounts`;
    await make(accounts, { metadata: { name: "default" } });
  }
}, startMsMax);

afterAll(() => plane.stop(), startMsMax);

const make = (path: string, object: object) =>
  client.object(path, { method: "POST", body: JSON.stringify(object) });

const titled = <Item extends { readonly title: string }>(items: readonly Item[]) =>
  items.map((item) => [item.title, item] as const);

describe("an example of each kind", () => {
  test.concurrent.for(titled(examples))("%s", async ([, example], context) => {
    await goAround(client, example, context.expect);
  });
});

if (!hasManifests)
  process.stderr.write("manifests are left out: ../shared/manifests is not here\n");

describe.runIf(hasManifests)("manifests", () => {
  test.concurrent.for(titled(manifests))("%s", async ([, example], context) => {
    await goAround(client, example, context.expect);
  });
});

describe("kinds that only ask", () => {
  test.for(titled(questions))("%s", async ([, { path, object }]) => {
    const answer = await client.ask(path, { method: "POST", body: JSON.stringify(object) });
    expect(answer.status, answer.bytes.toString()).toBe(201);
  });
});

test("a pod is bound to a node", async () => {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const spec = { containers: [{ name: "main", image: "example.com/main:1" }] };
  await make(pods, { metadata: { name: "bound" }, spec });
  await make(`/api/v1/namespaces/${namespace}/bindings`, {
    metadata: { name: "bound" },
    target: { kind: "Node", name: "corpus" },
  });
  expect(await client.object(`${pods}/bound`)).toMatchObject({ spec: { nodeName: "corpus" } });
});

if (!existsSync(facts)) process.stderr.write(`kinds are not counted: there is no ${facts}\n`);

test.runIf(existsSync(facts))("every kind of a real server has an example", () => {
  const { resources } = JSON.parse(readFileSync(facts, "utf8")) as {
    resources: { group: string; version: string; resource: string }[];
  };
  const there = new Set([...examples.map(({ definition }) => definition), ...questions].map(keyOf));
  const missing = resources
    .map(({ resource, ...rest }) => ({ ...rest, plural: resource }))
    .filter((one) => !there.has(keyOf(one)) && !withoutExample.includes(one.plural));
  expect(missing.map(keyOf)).toEqual([]);
});

const keyOf = ({ group, version, plural }: { group: string; version: string; plural: string }) =>
  `${plural}.${group}/${version}`;
