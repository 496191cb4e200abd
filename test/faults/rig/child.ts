/** A process of the cluster that can be killed, paused, and given another clock. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { cacheFolder } from "../../../infra/tools/cache.ts";

export interface ChildOptions {
  readonly name: string;
  /** TypeScript file that it runs. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Milliseconds until a process that ended by itself is started again. */
const againMs = 300;
const clockFile = new URL("./clock.ts", import.meta.url).href;

export class Child {
  readonly name: string;
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #clockMs = 0;
  #starts = 0;
  #saidBefore = 0;
  #isWanted = false;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get isRunning(): boolean {
    const child = this.#process;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** What it wrote since it was started last. */
  async said(): Promise<string> {
    const text = await readFile(this.#options.logFile, "utf8").catch(() => "");
    return text.slice(this.#saidBefore);
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  start(): void {
    if (this.isRunning) return;
    const { program, env, logFile } = this.#options;
    const log = openSync(logFile, "a");
    this.#saidBefore = fstatSync(log).size;
    this.#process = spawn(process.execPath, ["--import", clockFile, program], {
      env: { NODE_COMPILE_CACHE: join(cacheFolder(), "compile"), ...process.env, ...env },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    this.#starts += 1;
    this.#isWanted = true;
    // A process that gives up, as when it finds no bus, is started again by whoever runs it.
    this.#process.once("exit", () => {
      if (this.#isWanted) realWorld.after(againMs, () => this.#isWanted && this.start());
    });
    if (this.#clockMs !== 0) this.setClock(this.#clockMs);
  }

  /** Resolves when the process is gone. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#isWanted = false;
    const child = this.#process;
    if (!child || !this.isRunning) return;
    const ended = once(child, "exit");
    child.kill(signal);
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await ended;
  }

  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Its wall clock is so much ahead; the time that it measures by goes on as ever. */
  setClock(aheadMs: number): void {
    this.#clockMs = aheadMs;
    if (this.isRunning) this.#process?.send({ aheadMs }, () => undefined);
  }
}
