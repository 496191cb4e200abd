/** Every rule of the plugin on a small tree of its own: what it finds and what it lets pass. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../tools/cache.ts";
import { capture } from "../tools/command.ts";

const body = (lines: number) => "  void 0;\n".repeat(lines);

/** Path, text, and the rule that objects; undefined: none does. */
const table: readonly (readonly [path: string, text: string, rule: string | undefined])[] = [
  // Who may import whom.
  ["services/a/one.ts", `import { b } from "../b/b.ts";`, "boundaries"],
  ["services/a/two.ts", `import { b } from "#services/b/b.ts";`, "boundaries"],
  ["services/a/three.ts", `export { x } from "../../infra/x.ts";`, "boundaries"],
  ["services/a/four.ts", `const x = await import("../b/b.ts");`, "boundaries"],
  ["services/a/five.ts", `type X = import("../b/b.ts").X;`, "boundaries"],
  ["services/a/fine.ts", `import { x } from "./x.ts"; import { y } from "#libs/y.ts";`, undefined],
  ["services/a/fine.test.ts", `import { x } from "../../infra/nats/server.ts";`, undefined],
  ["libs/x/one.ts", `import { b } from "../../services/b/b.ts";`, "boundaries"],
  ["libs/x/fine.ts", `import type { P } from "#proto/gen/k8s/core/v1.ts";`, undefined],
  ["infra/x/fine.ts", `import { b } from "../../services/b/b.ts";`, undefined],
  // Deciding and ordering code does no I/O.
  ["services/a/decide.ts", `import { readFile } from "node:fs";`, "boundaries"],
  ["services/b/decide.ts", `import { x } from "./effects.ts";`, "boundaries"],
  ["services/c/machine.ts", `import { connect } from "@nats-io/transport-node";`, "boundaries"],
  ["services/c/decide/part.ts", `import pino from "pino";`, "boundaries"],
  ["services/d/machine.ts", `import { setup } from "xstate"; import "node:assert";`, undefined],
  ["services/d/decide.ts", `import type { Logger } from "pino";`, undefined],
  ["services/d/decide.test.ts", `import { readFile } from "node:fs/promises";`, undefined],
  // Lengths of functions.
  ["libs/x/long.ts", `export function f() {\n${body(69)}}`, "function-length"],
  ["libs/x/arrow.ts", `export const f = () => {\n${body(69)}};`, "function-length"],
  ["libs/x/short.ts", `export function f() {\n${body(68)}}`, undefined],
  ["libs/x/group.test.ts", `describe("x", () => {\n${body(80)}});`, undefined],
  ["libs/x/each.test.ts", `describe.each([1])("x", () => {\n${body(80)}});`, undefined],
  // Subjects.
  ["libs/x/subject.ts", `export const s = "kubus.store.v1.commit.core";`, "subjects"],
  ["libs/x/stars.ts", "export const s = `kubus.watch.v1.>`;", "subjects"],
  ["libs/x/prefix.ts", "export const s = (p: string) => `${p}.actor.v1.x.0.state`;", "subjects"],
  ["libs/x/message.ts", `export const s = "kubus.store.v1.CommitRequest";`, undefined],
  ["libs/bus/subjects.ts", `export const s = "kubus.store.v1.commit.core";`, undefined],
  // Time and chance.
  ["libs/x/now.ts", "export const t = Date.now();", "world"],
  ["libs/x/date.ts", "export const t = new Date();", "world"],
  ["libs/x/random.ts", "export const t = Math.random();", "world"],
  ["libs/x/timer.ts", "setTimeout(() => undefined, 1);", "world"],
  ["libs/x/uuid.ts", `import { randomUUID } from "node:crypto";`, "world"],
  ["libs/x/sleep.test.ts", `import { setTimeout } from "node:timers/promises";`, "world"],
  ["libs/x/wait.test.ts", "await new Promise((done) => setTimeout(done, 5));", "world"],
  ["libs/x/looks.test.ts", "export const t = Date.now();", undefined],
  ["libs/x/given.ts", "export const t = (at: number) => new Date(at);", undefined],
  ["libs/actor/world.ts", "export const t = Date.now();", undefined],
];

const rules = new Set(["boundaries", "function-length", "subjects", "world"]);

let folder: string;
/** Rules that objected, by path. */
const found = new Map<string, Set<string>>();

interface Report {
  readonly diagnostics: readonly { readonly code?: string; readonly filename: string }[];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubus-lint-"));
  for (const [path, text] of table) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${text}\n`);
  }
  const config = join(root, "infra", "lint", "oxlint.json");
  const oxlint = join(root, "node_modules", ".bin", "oxlint");
  const env = { ...process.env, KUBUS_LINT_ROOT: folder };
  const { stdout } = await capture(oxlint, ["-c", config, "-f", "json", "."], { cwd: folder, env });
  for (const { code = "", filename } of (JSON.parse(stdout) as Report).diagnostics) {
    const rule = /^kubus\((.*)\)$/.exec(code)?.[1] ?? "";
    if (rules.has(rule)) found.set(filename, (found.get(filename) ?? new Set()).add(rule));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(table)("%s", (path, _, rule) => {
  expect([...(found.get(path) ?? [])]).toEqual(rule === undefined ? [] : [rule]);
});
