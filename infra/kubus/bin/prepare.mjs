/**
 * What must stand before any TypeScript can run: the dependencies and a new enough Node.
 * Runs on Node 20 with nothing installed, so it imports node's own modules only.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** First version that runs .ts files as they are without a warning. */
const nodeVersionMin = [22, 18];

const log = (text) => process.stderr.write(`${text}\n`);

/** `1.3 s` */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

export function cacheFolder() {
  return process.env.KUBUS_CACHE || join(root, ".cache");
}

/**
 * Installs the dependencies when they are missing or not those of the lock file: those of a running
 * cluster alone, or with the tools for tests, which are as many again. Ends the process with npm's
 * exit code when that fails.
 */
export function ensureDependencies({ withTools }) {
  const lock = join(root, "package-lock.json");
  const stamp = join(root, "node_modules", ".kubus-lock-hash");
  if (isInstalled(lock, stamp, withTools)) return;
  const started = performance.now();
  log("installing dependencies …");
  const command = existsSync(lock) ? "ci" : "install";
  const which = withTools ? [] : ["--omit=dev"];
  const arguments_ = [command, ...which, "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, error } = spawnSync("npm", arguments_, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    // In production mode npm would leave the tools out by itself.
    env: { ...process.env, NODE_ENV: "development" },
  });
  if (error || status !== 0) {
    log(`kubus: npm ${command} failed${error ? `: ${error.message}` : ""}`);
    process.exit(status || 1);
  }
  writeFileSync(stamp, hashOf(lock));
  log(`✔ dependencies installed (${seconds(started)})`);
}

/** Times are compared first, which is cheap; a checkout of the same lock anew has the same hash. */
function isInstalled(lock, stamp, withTools) {
  const modules = join(root, "node_modules");
  // A linked folder is another checkout's: npm would empty it under that one's feet.
  if (lstatSync(modules, quiet)?.isSymbolicLink()) return true;
  // npm writes this file last, so a broken-off installation counts as missing.
  const installed = statSync(join(modules, ".package-lock.json"), quiet);
  if (installed === undefined) return false;
  if (withTools && !existsSync(join(modules, ".bin", "vitest"))) return false;
  const wanted = statSync(lock, quiet);
  if (wanted === undefined || installed.mtimeMs >= wanted.mtimeMs) return true;
  return existsSync(stamp) && readFileSync(stamp, "utf8") === hashOf(lock);
}

const quiet = { throwIfNoEntry: false };

const hashOf = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

export function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  const [majorMin, minorMin] = nodeVersionMin;
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

/** Path of a Node that runs .ts files: this process's own, else the one in node_modules. */
export function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const bundled = join(
    root,
    "node_modules",
    `node-${process.platform}-${process.arch}`,
    "bin/node",
  );
  if (existsSync(bundled)) return bundled;
  log(
    `kubus: Node ${nodeVersionMin.join(".")} or newer is needed; this is ${process.version}, and ` +
      `no Node comes as a package for ${process.platform}-${process.arch}. ` +
      "Install Node 24 (LTS) and try again.",
  );
  return process.exit(1);
}

/** Environment in which the chosen Node and the installed tools come first. */
export function environment(node) {
  const compiled = join(cacheFolder(), "compile");
  mkdirSync(compiled, { recursive: true });
  const { PATH = "" } = process.env;
  return {
    NODE_COMPILE_CACHE: compiled,
    ...process.env,
    PATH: [dirname(node), join(root, "node_modules", ".bin"), PATH].join(":"),
  };
}

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Runs a command with this terminal, passes signals on, and resolves with its exit code (128 + n
 * for a signal, as shells do).
 */
export function run(command, arguments_, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, arguments_, { stdio: "inherit", ...options });
    const handlers = forwarded.map((signal) => {
      const handler = () => child.kill(signal);
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const unwatch = onParentGone(() => child.kill("SIGTERM"));
    const settle = (code) => {
      for (const remove of [...handlers, unwatch]) remove();
      resolve(code);
    };
    child.once("error", (error) => {
      log(`kubus: ${command}: ${error.message}`);
      settle(127);
    });
    child.once("exit", (code, signal) => {
      settle(code ?? 128 + (constants.signals[signal ?? "SIGKILL"] ?? 0));
    });
  });
}

const parentPollMs = 500;

/**
 * npm passes a signal on to a shell, which ends without a word to what it runs: the new parent is
 * the sign. Returns what ends the watching.
 */
function onParentGone(callback) {
  if (!process.env.npm_lifecycle_event) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, parentPollMs);
  return () => clearInterval(timer);
}
