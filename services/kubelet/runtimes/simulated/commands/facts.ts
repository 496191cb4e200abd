/** Simulated commands that tell of the container, or just pass time. */
import { sleepMs } from "../script.ts";
import { type Command, CommandError, printTo, splitFlags } from "./process.ts";

export const succeed: Command = () => 0;
export const fail: Command = () => 1;

export const env: Command = async ({ env: all, stdout }) => {
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  await printTo(stdout, lines.join(""));
  return 0;
};

export const printenv: Command = async (process) => {
  const [name] = process.args;
  if (name === undefined) return env(process);
  const value = process.env[name];
  if (value === undefined) return 1;
  await printTo(process.stdout, `${value}\n`);
  return 0;
};

export const pwd: Command = async ({ cwd, stdout }) => {
  await printTo(stdout, `${cwd}\n`);
  return 0;
};

export const hostname: Command = async ({ around, stdout }) => {
  await printTo(stdout, `${around.hostname}\n`);
  return 0;
};

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export const date: Command = async ({ args, around, stdout }) => {
  const now = new Date(around.world.now());
  const [day, month] = [weekdays[now.getUTCDay()], months[now.getUTCMonth()]];
  const time = now.toISOString().slice(11, 19);
  const text = `${day} ${month} ${String(now.getUTCDate()).padStart(2)} ${time} UTC`;
  const seconds = String(Math.floor(now.getTime() / 1_000));
  await printTo(
    stdout,
    args.includes("+%s") ? `${seconds}\n` : `${text} ${now.getUTCFullYear()}\n`,
  );
  return 0;
};

export const whoami: Command = async ({ stdout }) => {
  await printTo(stdout, "root\n");
  return 0;
};

export const id: Command = async ({ args, stdout }) => {
  const isShort = args.some((arg) => /^-[a-z]*u/.test(arg));
  await printTo(stdout, isShort ? "0\n" : "uid=0(root) gid=0(root) groups=0(root)\n");
  return 0;
};

export const uname: Command = async ({ args, around, stdout }) => {
  const whole = `Linux ${around.hostname} simulated #1 x86_64 GNU/Linux`;
  await printTo(stdout, `${args.includes("-a") ? whole : "Linux"}\n`);
  return 0;
};

/** `rows columns`, as `stty size` prints them. */
export const stty: Command = async ({ args, around, stdout }) => {
  if (args[0] !== "size") return 0;
  const { width, height } = around.size() ?? { width: 80, height: 24 };
  await printTo(stdout, `${height} ${width}\n`);
  return 0;
};

export const sleep: Command = async ({ args, around, signal }) => {
  const milliseconds = sleepMs(args[0] ?? "");
  if (args.length === 0) throw new CommandError("missing operand");
  const forever = milliseconds === undefined;
  await around.world.sleep(forever ? dayMs : milliseconds, signal).catch(() => undefined);
  return signal.aborted ? 143 : 0;
};

/** `sleep infinity` in a command that is watched by somebody. */
const dayMs = 24 * 60 * 60 * 1_000;

const signals: Readonly<Record<string, number>> = { HUP: 1, INT: 2, KILL: 9, TERM: 15 };

/** There is one other process: the container's own. */
export const kill: Command = ({ args, around }) => {
  const given = args.find((arg) => arg.startsWith("-"))?.replace(/^-(SIG)?/, "") ?? "TERM";
  const signal = signals[given] ?? Number(given);
  for (const word of args.filter((arg) => !arg.startsWith("-"))) {
    if (word !== "1") throw new CommandError(`can't kill pid ${word}: No such process`);
    around.endContainer(Number.isInteger(signal) && signal > 0 ? signal : 15);
  }
  return 0;
};

/** Words of {@link splitFlags} that name programs: `which sh`. */
export const which =
  (has: (name: string) => boolean): Command =>
  async ({ args, stdout }) => {
    const { words } = splitFlags(args);
    for (const word of words) if (has(word)) await printTo(stdout, `/bin/${word}\n`);
    return words.every(has) ? 0 : 1;
  };
