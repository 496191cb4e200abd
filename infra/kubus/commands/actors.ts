/** `kubus actors`: what every actor is doing. */
import { realWorld, type World } from "#libs/actor/world.ts";
import type { StateResponse } from "#proto/gen/kubus/actor/v1.ts";
import { connectToCluster, runningCluster, type WhichCluster } from "../access.ts";
import { rollCall } from "../rollcall.ts";
import { ageText, tableText } from "../table.ts";

export interface ActorsOptions extends WhichCluster {
  readonly output: string;
}

export async function actors(which: string | undefined, options: ActorsOptions): Promise<void> {
  const { record } = await runningCluster(options);
  const bus = await connectToCluster(record, "actors", realWorld);
  try {
    const answers = chosen(await rollCall(bus), which);
    const text =
      options.output === "json"
        ? `${JSON.stringify(answers, null, 2)}\n`
        : await tableText(header, rowsOf(answers, realWorld));
    process.stdout.write(text);
  } finally {
    await bus.close();
  }
}

const header = ["COMPONENT", "INSTANCE", "ACTOR", "STATE", "RESTARTS", "AGE", "ERROR"];

/** `kubelet` is a component, `kubelet/kubus-node-1` an instance, `pod/` the start of paths. */
export function chosen(
  answers: readonly StateResponse[],
  which: string | undefined,
): readonly StateResponse[] {
  if (which === undefined) return answers;
  return answers.flatMap((answer) => {
    const { component, instance } = answer;
    if (component === which || `${component}/${instance}` === which) return [answer];
    const matching = answer.actors.filter(({ actor }) => actor.startsWith(which));
    return matching.length > 0 ? [{ ...answer, actors: matching }] : [];
  });
}

/** One row an actor; the component itself has no path. */
export function rowsOf(answers: readonly StateResponse[], world: World): string[][] {
  return answers.flatMap(({ component, instance, actors: ofComponent }) =>
    ofComponent.map(({ actor, state, restarts, since, error }) => [
      component,
      instance,
      actor,
      state,
      String(restarts),
      ageText(world.now() - since),
      error.split("\n")[0] ?? "",
    ]),
  );
}
