/**
 * `npm run faults -- [--minutes 1] [--seed N] [--layout 1|3] [--fault name,…] [--stores N]
 * [--clients N] [--door bus|https] [--keep] [--bug name]`: breaks a cluster until the time is over.
 * Exits with 1 when a promise was broken. With a bug that is planted in the store, it should be.
 */
import { parseArgs } from "node:util";
import { realWorld } from "#libs/actor/world.ts";
import { plantedBug } from "./planted/planted.ts";
import { textOf } from "./report.ts";
import { runCampaign } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    layout: { type: "string", default: "1" },
    fault: { type: "string" },
    stores: { type: "string", default: "2" },
    clients: { type: "string", default: "6" },
    bug: { type: "string" },
    door: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(realWorld.random() * 1e6));
const endsAt = realWorld.monotonic() + Number(values.minutes) * 60_000;
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`seed ${seed}`);
const ran = await runCampaign({
  seed,
  layout: values.layout === "3" ? 3 : 1,
  stores: Number(values.stores),
  clients: Number(values.clients),
  keeps: values.keep,
  door: values.door === "https" ? "https" : "bus",
  ...(values.fault === undefined ? {} : { faults: values.fault.split(",") }),
  ...(values.bug === undefined ? {} : { planted: plantedBug(values.bug) }),
  goesOn: (rounds, violations) =>
    violations === 0 && (rounds === 0 || realWorld.monotonic() < endsAt),
  say,
});
const words = Object.entries({ ...values, seed: String(seed) }).flatMap(([name, value]) => {
  if (typeof value === "boolean") return value ? [`--${name}`] : [];
  return value === undefined ? [] : [`--${name} ${JSON.stringify(value)}`];
});
const command = `npm run faults -- ${words.join(" ")}`;
say(textOf(ran, command));
process.exit(ran.violations.length > 0 ? 1 : 0);
