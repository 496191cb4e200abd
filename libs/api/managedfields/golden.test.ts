/** The recorded scenarios, step by step: who owns what after each write. */
import { expect, test } from "vitest";
import { kindSchema } from "#libs/schema/index.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
import { goldenScenarios, type GoldenStep } from "#libs/testing/golden.ts";
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import { StatusError } from "../errors.ts";
import type { KubeObject } from "../resource.ts";
import { apply } from "./apply.ts";
import { trackUpdate } from "./update.ts";

const time = "2026-01-01T00:00:00Z";
const applyType = "application/apply-patch+yaml";

interface Step {
  readonly schema: MessageSchema;
  readonly apiVersion: string;
  readonly kind: string;
  readonly live: KubeObject | undefined;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource: string;
  readonly resetFields: readonly string[];
  readonly time: string;
}

/** Entries without their times, by owner. */
const comparable = (entries: readonly ManagedFieldsEntry[] | undefined) =>
  (entries ?? [])
    .map(({ time: _time, ...entry }) => entry)
    .sort((a, b) => (ownerOf(a) < ownerOf(b) ? -1 : 1));

const ownerOf = ({ manager, operation, subresource }: ManagedFieldsEntry) =>
  [manager, operation, subresource].join();

function stepOf(req: GoldenStep["req"], live: KubeObject | undefined): Step {
  const url = new URL(req.path, "http://x");
  const parts = url.pathname.split("/");
  const subresource = parts.at(-1) === "status" ? "status" : "";
  const apiVersion = parts[1] === "api" ? "v1" : `${parts[2]}/${parts[3]}`;
  const schema = kindOfPath(parts);
  return {
    schema,
    apiVersion,
    kind: schema.shortName,
    live,
    manager: url.searchParams.get("fieldManager") ?? "golden",
    force: url.searchParams.get("force") === "true",
    subresource,
    resetFields: subresource === "status" ? ["spec"] : ["status"],
    time,
  };
}

const kinds: Readonly<Record<string, string>> = {
  configmaps: "ConfigMap",
  podtemplates: "PodTemplate",
  services: "Service",
  secrets: "Secret",
  pods: "Pod",
  ingresses: "Ingress",
  deployments: "Deployment",
  poddisruptionbudgets: "PodDisruptionBudget",
};

function kindOfPath(parts: readonly string[]): MessageSchema {
  const [group = "", version = ""] = parts[1] === "api" ? ["", "v1"] : parts.slice(2, 4);
  const plural = parts.find((part) => part in kinds) ?? "";
  const schema = kindSchema(group, version, kinds[plural] ?? "");
  if (schema === undefined) throw new Error(`no schema for ${parts.join("/")}`);
  return schema;
}

/** Scale is another kind whose entries are translated; the others' answers leave entries out. */
const skipped: ReadonlySet<string> = new Set([
  "apply/scale",
  "apply/scale-update",
  "apply/owner-refs",
  "apply/accept",
]);

/** Placeholders of times are no times. */
const readable = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll("<time>", time));

const scenarios = [
  ...goldenScenarios("machinery.jsonl", "apply/"),
  ...goldenScenarios("machinery.jsonl", "managedfields/"),
].filter(({ id }) => !skipped.has(id));

// A file without a test fails; the reason was printed where the scenarios were looked for.
test.skipIf(scenarios.length === 0)("there are recorded scenarios", () => {
  expect(scenarios.length).toBeGreaterThan(10);
});

test.each(scenarios)("$id", ({ steps }) => {
  const stored = new Map<string, KubeObject>();
  for (const { req, res } of steps) {
    const answer = readable(res.body) as KubeObject;
    const key = keyOf(req, answer);
    const live = stored.get(key);
    const label = `${req.method} ${req.path} ${JSON.stringify(req.body)}`;
    if (req.method === "PATCH" && req.type === applyType) {
      if (isPlayable(req, answer)) checkApply(req, res.status, live, answer, label);
    } else if (req.method !== "GET" && req.method !== "DELETE" && res.status < 300) {
      checkUpdate(req, live, answer, label);
    }
    const dryRun = req.path.includes("dryRun");
    if (res.status < 300 && !dryRun && req.method !== "DELETE") stored.set(key, answer);
  }
});

/** Steps whose answer comes from elsewhere: names, forms of the answer, the scale subresource. */
function isPlayable(req: GoldenStep["req"], answer: KubeObject): boolean {
  if (typeof req.body === "string" || req.path.includes("/scale")) return false;
  const {
    message = "",
    reason = "",
    details,
  } = answer as unknown as {
    readonly message?: string;
    readonly reason?: string;
    readonly details?: unknown;
  };
  if (answer.kind !== "Status") return answer.kind !== "PartialObjectMetadata";
  if (reason === "Conflict") return message.startsWith("Apply failed");
  if (reason === "BadRequest") return message.startsWith("invalid object type");
  return reason === "" && details === undefined;
}

function keyOf({ path, method }: GoldenStep["req"], answer: KubeObject): string {
  const { pathname } = new URL(path, "http://x");
  const own = pathname.replace(/\/(status|scale)$/, "");
  return method === "POST" ? `${own}/${answer.metadata?.name}` : own;
}

function checkApply(
  req: GoldenStep["req"],
  status: number,
  live: KubeObject | undefined,
  answer: KubeObject,
  label: string,
): void {
  const step = stepOf(req, live);
  try {
    const { object, managedFields } = apply({ ...step, applied: req.body });
    expect(status, label).toBeLessThan(300);
    expect(comparable(managedFields), label).toEqual(comparable(answer.metadata?.managedFields));
    const kept = withoutNulls({ ...object, metadata: undefined, status: undefined });
    if (step.subresource === "") expect(answer, label).toMatchObject(kept as object);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { metadata: _metadata, ...expected } = answer;
    const { metadata: _own, ...actual } = error.status;
    expect(actual, label).toEqual(expected);
  }
}

function checkUpdate(
  req: GoldenStep["req"],
  live: KubeObject | undefined,
  answer: KubeObject,
  label: string,
): void {
  const sent = (req.body as KubeObject).metadata?.managedFields;
  const kept = sent ?? (req.method === "PATCH" ? live?.metadata?.managedFields : undefined);
  const metadata = { ...answer.metadata, managedFields: kept };
  if (kept === undefined) delete metadata.managedFields;
  const step = stepOf(req, live);
  if (answer.kind === "Pod" && live === undefined) return;
  const managedFields = trackUpdate({ ...step, updated: { ...answer, metadata } as KubeObject });
  expect(comparable(managedFields), label).toEqual(comparable(answer.metadata?.managedFields));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => !isVoid(item));
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}

const isVoid = (value: unknown) =>
  value === undefined ||
  value === null ||
  (typeof value === "object" && Object.keys(value).length === 0);
