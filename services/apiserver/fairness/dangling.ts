/**
 * Tells every flow schema whether the priority level that it names exists, as Kubernetes'
 * apiserver does (pkg/util/flowcontrol/apf_controller.go): `kubectl get flowschemas` shows it.
 */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import { goQuote } from "#libs/api/gotext.ts";
import { applyPatch } from "#libs/api/patch/content.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import type { FlowSchema, FlowSchemaCondition } from "#proto/gen/k8s/flowcontrol/v1.ts";
import type { Caller, Registry } from "../registry/request.ts";
import type { FlowConfiguration } from "./configuration.ts";
import type { FlowControlSource } from "./source.ts";

/** Flow schemas that do not say yet what is true of them, each with the condition that does. */
export function untold(
  { flowSchemas, priorityLevels }: FlowConfiguration,
  now: number,
): readonly (readonly [name: string, condition: FlowSchemaCondition])[] {
  const levels = new Set(priorityLevels.map(({ metadata }) => metadata?.name));
  return flowSchemas.flatMap((schema) => {
    const level = schema.spec?.priorityLevelConfiguration?.name ?? "";
    const wanted = conditionOf(level, levels.has(level));
    if (says(schema, wanted)) return [];
    return [[schema.metadata?.name ?? "", { ...wanted, lastTransitionTime: timeText(now) }]];
  });
}

function conditionOf(level: string, exists: boolean): FlowSchemaCondition {
  const named = goQuote(level);
  const what = `This FlowSchema references the PriorityLevelConfiguration object named ${named}`;
  return exists
    ? { type: "Dangling", status: "False", reason: "Found", message: `${what} and it exists` }
    : {
        type: "Dangling",
        status: "True",
        reason: "NotFound",
        message: `${what} but there is no such object`,
      };
}

function says({ status }: FlowSchema, wanted: FlowSchemaCondition): boolean {
  const found = status?.conditions?.find(({ type }) => type === wanted.type);
  return (["status", "reason", "message"] as const).every((name) => found?.[name] === wanted[name]);
}

const self: Caller = {
  user: "system:apiserver",
  groups: ["system:masters"],
  manager: "api-priority-and-fairness-config-consumer-v1",
};
const retryMs = 5_000;

export interface DanglingOptions {
  readonly registry: Pick<Registry, "patch">;
  readonly definition: ResourceDefinition;
  readonly source: FlowControlSource;
  readonly world: Pick<World, "now" | "after">;
  readonly log: Pick<Logger, "debug">;
}

/** Goes on, one write at a time, until the returned function is called. */
export function tellDangling(options: DanglingOptions): () => void {
  const { source, world, log } = options;
  let state: "idle" | "busy" | "again" | "ended" = "idle";
  let cancelRetry = (): void => undefined;
  const look = (): void => {
    if (state === "busy") state = "again";
    if (state !== "idle") return;
    state = "busy";
    void tellAll(options)
      .catch((error: unknown) => {
        log.debug({ error }, "flow schemas could not be told about their levels");
        cancelRetry = world.after(retryMs, look);
      })
      .finally(() => {
        const isDirty = state === "again";
        if (state !== "ended") state = "idle";
        if (isDirty) look();
      });
  };
  const release = source.onChange(look);
  look();
  return () => {
    state = "ended";
    cancelRetry();
    release();
  };
}

async function tellAll({ registry, definition, source, world }: DanglingOptions): Promise<void> {
  for (const [name, condition] of untold(source.read(), world.now())) {
    const place = { definition, subresource: "status", namespace: "", name };
    const { group, version, kind } = definition;
    const value = {
      apiVersion: `${group}/${version}`,
      kind,
      metadata: { name },
      status: { conditions: [condition] },
    };
    const body = { value, duplicates: [], canonical: false };
    const written = { dryRun: false, force: true, fieldValidation: "Ignore" } as const;
    const { manager: fieldManager } = self;
    await registry.patch(self, place, applyPatch, body, { ...written, fieldManager });
  }
}
