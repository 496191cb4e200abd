/** What the creator of each recorded kind owned, of all that is still there in the answer. */
import { expect, test } from "vitest";
import { kindSchema } from "#libs/schema/index.ts";
import { goldenScenarios, type GoldenStep } from "#libs/testing/golden.ts";
import type { KubeObject } from "../resource.ts";
import { difference, intersection, pathsOf, pathText, type FieldSet } from "./fieldset.ts";
import { fieldSetOf } from "./fieldsof.ts";
import { trackUpdate } from "./update.ts";

const files = ["core.jsonl", "groups.jsonl", "security.jsonl", "machinery.jsonl"];
const steps = files.flatMap((file) => goldenScenarios(file, "").flatMap(({ steps }) => steps));

const answerOf = ({ res }: GoldenStep) => res.body as KubeObject;
const kindOf = ({ apiVersion, kind }: KubeObject) => `${apiVersion} ${kind}`;

/** Created objects by kind; answers of other forms (tables, text) and given entries left out. */
const created = Map.groupBy(steps.filter(isCreate).map(answerOf), kindOf);

function isCreate({ req, res }: GoldenStep): boolean {
  if (req.method !== "POST" || res.status !== 201 || typeof res.body !== "object") return false;
  const { kind, metadata } = res.body as KubeObject;
  return kind !== "PartialObjectMetadata" && metadata?.managedFields?.length === 1;
}

// A file without a test fails; the reason was printed where the scenarios were looked for.
test.skipIf(steps.length === 0)("there are recorded scenarios", () => {
  expect(created.size).toBeGreaterThan(10);
});

test.each([...created.keys()])("%s", (kind) => {
  for (const object of created.get(kind) ?? []) {
    const [apiVersion = "", name = ""] = kind.split(" ");
    const [version = "", group = ""] = apiVersion.split("/").toReversed();
    const schema = kindSchema(group, version, name);
    // Custom resources have schemas of their own.
    if (schema === undefined) return;
    const [entry] = object.metadata?.managedFields ?? [];
    const { managedFields: _entries, ...metadata } = object.metadata ?? {};
    const own = trackUpdate({
      ...{ schema, apiVersion, live: undefined, updated: { ...object, metadata } },
      ...{ manager: "golden", subresource: "", time: "2026-01-01T00:00:00Z" },
      resetFields: ["status"],
    });
    const missing = difference(fieldsOf(entry), fieldsOf(own?.[0]));
    const there = intersection(missing, fieldSetOf(schema, object));
    // Sent as empty lists, stored as null: the answer does not show what was owned.
    const told = [...pathsOf(there)].filter((path) => !isNull(object, path)).map(pathText);
    expect(told, JSON.stringify(object)).toEqual([]);
  }
});

const fieldsOf = (entry: { readonly fieldsV1?: unknown } | undefined) =>
  (entry?.fieldsV1 ?? {}) as FieldSet;

function isNull(object: unknown, path: readonly string[]): boolean {
  let value = object;
  for (const element of path) {
    value = (value as Record<string, unknown> | null | undefined)?.[element.slice(2)];
  }
  return value === null;
}
