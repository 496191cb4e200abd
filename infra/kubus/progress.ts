/** Shows the steps of a start and how long each took. */
import type { World } from "#libs/actor/world.ts";

export interface Step {
  readonly title: string;
  /** Resolves with a remark to show behind the title, or nothing. */
  readonly run: () => Promise<string | undefined>;
}

/** A step that takes longer says that it is still at work, and again after as long. */
const patienceMs = 10_000;

/** `0.12 s` */
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;

const described = (title: string, remark: string | undefined) =>
  remark ? `${title}: ${remark}` : title;

/**
 * Runs the steps one after the other; the first failure ends it. A terminal gets a live list,
 * everything else plain lines.
 */
export async function runSteps(
  steps: readonly Step[],
  output: NodeJS.WriteStream,
  world: World,
): Promise<void> {
  if (output.isTTY) await runLive(steps, world);
  else await runPlain(steps, output, world);
}

async function runPlain(
  steps: readonly Step[],
  output: NodeJS.WritableStream,
  world: World,
): Promise<void> {
  for (const { title, run } of steps) {
    const started = world.monotonic();
    const took = () => seconds(world.monotonic() - started);
    const cancel = world.every(patienceMs, () => output.write(`… ${title} (${took()})\n`));
    try {
      const remark = await run();
      output.write(`✔ ${described(title, remark)} (${took()})\n`);
    } catch (error) {
      output.write(`✘ ${title} (${took()})\n`);
      throw error;
    } finally {
      cancel();
    }
  }
}

async function runLive(steps: readonly Step[], world: World): Promise<void> {
  const { Listr } = await import("listr2");
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: { title: string }) => {
      const started = world.monotonic();
      const remark = await run();
      task.title = `${described(title, remark)} (${seconds(world.monotonic() - started)})`;
    },
  }));
  // Signals are handled by whoever runs the cluster, which has more to end than a list.
  await new Listr(tasks, { concurrent: false, registerSignalListeners: false }).run();
}
