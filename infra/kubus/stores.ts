/** What the stores of a cluster are doing, by what they say on the bus. Pure. */
import type { StateResponse } from "#proto/gen/kubus/actor/v1.ts";

export interface StoreStatus {
  readonly instance: string;
  /** `refusing`: what is kept is damaged. `stalled`: it leads, and its commits get no answer. */
  readonly role: "leading" | "following" | "stalled" | "refusing" | "starting";
  /** Why it refuses or what ended its last life; often empty. */
  readonly problem: string;
}

export function storesOf(answers: readonly StateResponse[]): StoreStatus[] {
  return answers
    .filter(({ component }) => component === "store")
    .map(({ instance, actors }) => {
      const { state = "", error = "" } = actors.find(({ actor }) => actor === "") ?? {};
      return { instance, role: roleOf(state), problem: error };
    });
}

function roleOf(state: string): StoreStatus["role"] {
  if (state === "leading.answering") return "leading";
  if (state === "leading.stalled") return "stalled";
  if (state === "following.standingBy") return "following";
  return state === "refusing" ? "refusing" : "starting";
}

/** "ok", or why no write gets through, in words for a person. */
export function storeHealth(stores: readonly StoreStatus[]): string {
  if (stores.length === 0) return "no store answers";
  if (stores.some(({ role }) => role === "leading")) return "ok";
  const stalled = stores.find(({ role }) => role === "stalled");
  if (stalled) return "stalled: writes get no answer from the NATS servers";
  const refusing = stores.find(({ role }) => role === "refusing");
  if (refusing) return `refusing to serve: ${refusing.problem}`;
  const { problem } = stores.find((store) => store.problem !== "") ?? { problem: "" };
  return `starting${problem === "" ? "" : `; before: ${problem}`}`;
}

/** `0 leading, 1 following` */
export const storesText = (stores: readonly StoreStatus[]): string =>
  stores.map(({ instance, role }) => `${instance} ${role}`).join(", ");
