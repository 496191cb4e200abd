/** The patches of the recorded scenarios, applied to the objects that they were applied to. */
import { expect, test } from "vitest";
import { goldenScenarios, type GoldenStep } from "#libs/testing/golden.ts";
import { kindSchema } from "#libs/schema/schemas.ts";
import { StatusError } from "../errors.ts";
import type { JsonObject } from "./json-value.ts";
import { applyJsonPatch } from "./json.ts";
import { applyMergePatch } from "./merge.ts";
import { applyStrategicMergePatch } from "./strategic.ts";

interface Outcome {
  readonly result?: unknown;
  readonly error?: StatusError;
}

function apply(type: string, before: JsonObject, patch: unknown): Outcome {
  try {
    if (type.startsWith("application/json-patch")) {
      return { result: applyJsonPatch(before, patch) };
    }
    if (type.startsWith("application/merge-patch")) {
      return { result: applyMergePatch(before, patch) };
    }
    const [group = "", version = ""] = String(before["apiVersion"]).includes("/")
      ? String(before["apiVersion"]).split("/")
      : ["", String(before["apiVersion"])];
    const schema = kindSchema(group, version, String(before["kind"]));
    if (schema === undefined) throw new Error(`no schema for ${String(before["kind"])}`);
    return { result: applyStrategicMergePatch(schema, before, patch) };
  } catch (error) {
    if (error instanceof StatusError) return { error };
    throw error;
  }
}

/** Leaves of the patched object must be found in the answer; what the server sets may differ. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !isEmpty(item) && !serverSet.has(key))
    .map(([key, item]) => [key, comparable(item)] as const);
  return Object.fromEntries(entries);
}

/** Decoding drops what is empty. */
const isEmpty = (value: unknown) =>
  value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** Steps whose result admission or decoding changes afterwards. */
const changedAfterwards = [
  '"spec":{"finalizers"',
  '"kubernetes.io/metadata.name":null',
  '"spec":{"tolerations"',
  '"path":"/foo"',
];

const serverSet = new Set([
  "managedFields",
  "generation",
  "resourceVersion",
  "creationTimestamp",
  "uid",
  "status",
]);

/** Answers that come from the patch itself, not from what is checked afterwards. */
function fromPatch(body: { readonly code?: number; readonly message?: string }): boolean {
  const { code, message = "" } = body;
  if (code === 500) return !message.startsWith("strconv");
  if (code === 422) return message.startsWith("the server rejected our request");
  return code === 400 && message.includes("json: ");
}

const scenarios = goldenScenarios("machinery.jsonl", "patch/");

// A file without a test fails; the reason was printed where the scenarios were looked for.
test.skipIf(scenarios.length === 0)("there are recorded scenarios", () => {
  expect(scenarios.length).toBeGreaterThan(10);
});

test.each(scenarios)("$id", ({ steps }) => {
  let before: JsonObject | undefined;
  for (const { req, res } of steps) {
    const step = `${req.path} ${JSON.stringify(req.body)}`;
    if (isPatch(req) && before !== undefined) {
      const outcome = apply(req.type ?? "", before, req.body);
      checkOutcome(outcome, res, step);
    }
    if (res.status < 300 && req.method !== "GET") before = res.body as JsonObject;
  }
});

function isPatch({ method, body, path }: GoldenStep["req"]): boolean {
  const parsed = typeof body !== "string" && JSON.stringify(body).includes("$r") === false;
  return method === "PATCH" && parsed && !path.includes("/none") && !path.endsWith("/pods");
}

function checkOutcome({ result, error }: Outcome, res: GoldenStep["res"], step: string): void {
  const body = res.body as { readonly code?: number; readonly message?: string };
  if (res.status >= 300) {
    if (fromPatch(body)) {
      expect({ code: error?.code, message: error?.message }, step).toEqual({
        code: body.code,
        message: body.message,
      });
    }
    return;
  }
  expect(error?.message, step).toBeUndefined();
  if ("warning" in res || changedAfterwards.some((text) => step.includes(text))) return;
  expect(res.body, step).toMatchObject(comparable(result) as JsonObject);
}
