/** Asks every component on the bus what it is doing. */
import { type Bus, BusTimeoutError, NoRespondersError } from "#libs/bus/bus.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { StateRequest, StateResponse } from "#proto/gen/kubus/actor/v1.ts";

const request = codecOf<StateRequest>("kubus.actor.v1.StateRequest");
const response = codecOf<StateResponse>("kubus.actor.v1.StateResponse");

/** Nobody says how many answers there will be: after that much silence there are no more. */
const silenceMs = 250;

export async function rollCall(bus: Bus): Promise<StateResponse[]> {
  const answers: StateResponse[] = [];
  const question = request.encode({ actorPrefix: "" });
  const subject = bus.subjects.actorRollCall();
  try {
    for await (const bytes of bus.requestStream(subject, question, { timeoutMs: silenceMs })) {
      answers.push(response.decode(bytes));
    }
  } catch (error) {
    if (!(error instanceof BusTimeoutError || error instanceof NoRespondersError)) throw error;
  }
  return answers.toSorted(
    (first, second) =>
      first.component.localeCompare(second.component) ||
      first.instance.localeCompare(second.instance, undefined, { numeric: true }),
  );
}
