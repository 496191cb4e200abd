/** The commands that simulated containers have. */
import * as facts from "./facts.ts";
import * as files from "./files.ts";
import type { Command } from "./process.ts";
import * as text from "./text.ts";

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["true", facts.succeed],
  [":", facts.succeed],
  ["false", facts.fail],
  ["echo", text.echo],
  ["printf", text.printf],
  ["cat", text.cat],
  ["tee", text.tee],
  ["head", text.head],
  ["tail", text.tail],
  ["wc", text.wc],
  ["grep", text.grep],
  ["ls", files.ls],
  ["mkdir", files.mkdir],
  ["touch", files.touch],
  ["rm", files.rm],
  ["ln", files.ln],
  ["cp", files.cp],
  ["mv", files.mv],
  ["test", files.test],
  ["[", files.test],
  ["tar", files.tar],
  ["env", facts.env],
  ["printenv", facts.printenv],
  ["pwd", facts.pwd],
  ["hostname", facts.hostname],
  ["date", facts.date],
  ["whoami", facts.whoami],
  ["id", facts.id],
  ["uname", facts.uname],
  ["stty", facts.stty],
  ["sleep", facts.sleep],
  ["kill", facts.kill],
  ["which", facts.which((name) => commands.has(name) || name === "sh")],
]);

/** `/bin/cat` is `cat`, wherever it is said to be. */
export const programName = (word: string): string => word.slice(word.lastIndexOf("/") + 1);
