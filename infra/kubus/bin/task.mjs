/** What `npm test`, `npm run check`, `bench`, `faults`, `fuzz`, `codegen` and `format` do. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureDependencies, environment, findNode, root, run, seconds } from "./prepare.mjs";

const [task = "", ...rest] = process.argv.slice(2);

ensureDependencies({ withTools: true });
const node = findNode();
const env = environment(node);
const bin = (name) => join(root, "node_modules", ".bin", name);
const folders = ["libs", "services", "infra", "test"].filter((name) =>
  existsSync(join(root, name)),
);

const command = (name, file, ...arguments_) => ({ name, file, arguments: arguments_ });
const script = (name, path, ...arguments_) => command(name, node, join(root, path), ...arguments_);

const codegen = script("generated types", "infra/codegen/main.ts");
const typeCheck = command("type check", bin("tsc"), "-p", root);
const lint = command(
  "lint",
  bin("oxlint"),
  "--config=infra/lint/oxlint.json",
  "--type-aware",
  "--deny-warnings",
  ...folders,
);
const natsServer = script("nats-server", "infra/nats/main.ts");
const natsCli = script("nats command line", "infra/nats/main.ts", "cli");
const kubectl = script("kubectl", "infra/kubectl/main.ts");
// Tests with containers need an engine; where there is none they say so and are left out.
const docker = script("docker engine", "infra/docker/main.ts");
const dockerEnd = script("docker engine ended", "infra/docker/main.ts", "stop");
const vitest = (...arguments_) =>
  command("tests", bin("vitest"), "run", "--config=infra/test/vitest.config.ts", ...arguments_);

const tasks = {
  // With arguments (files, -t name) only those tests run: for work on one part.
  test: (...filter) =>
    filter.length > 0
      ? [codegen, vitest(...filter)]
      : [codegen, typeCheck, lint, natsServer, natsCli, kubectl, docker, vitest()],
  check: () => [codegen, typeCheck, lint],
  bench: (...arguments_) => [codegen, script("bench", "infra/bench/main.ts", ...arguments_)],
  faults: (...arguments_) => [
    codegen,
    natsServer,
    script("faults", "test/faults/main.ts", ...arguments_),
  ],
  fuzz: (...arguments_) => [codegen, script("fuzz", "test/fuzz/main.ts", ...arguments_)],
  codegen: (...arguments_) => [script("codegen", "infra/codegen/main.ts", ...arguments_)],
  format: (...paths) => [command("format", bin("oxfmt"), "-c", "infra/lint/oxfmt.json", ...paths)],
};

const steps = tasks[task];
if (!steps) {
  process.stderr.write(`usage: task.mjs ${Object.keys(tasks).join("|")} [arguments]\n`);
  process.exit(2);
}

const summary = [];
let exitCode = 0;
for (const { name, file, arguments: arguments_ } of steps(...rest)) {
  const started = performance.now();
  exitCode = await run(file, arguments_, { cwd: root, env });
  const mark = exitCode === 0 ? "✔" : "✘";
  summary.push(`${mark} ${name} (${seconds(started)})`);
  // The tests' own closing lines stay the last thing that is printed.
  if (name !== "tests") process.stderr.write(`${summary.at(-1)}\n`);
  if (exitCode !== 0) break;
}
if (task === "test") await run(dockerEnd.file, dockerEnd.arguments, { cwd: root, env });
if (exitCode !== 0) process.stderr.write(`${summary.at(-1)}: exit code ${exitCode}\n`);
process.exitCode = exitCode;
