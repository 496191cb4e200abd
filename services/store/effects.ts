/** What the store's machine asks for, done by one life of the store. */
import { type AnyEventObject, fromCallback, fromPromise } from "xstate";
import type { Host } from "#libs/actor/component.ts";
import { StoreLife } from "./life.ts";
import type { StoreEvent } from "./machine.ts";
import type { StoreSettings } from "./settings.ts";

/** What each state of the store's machine does; the only place that touches JetStream for it. */
export function storeEffects(host: Host, settings: StoreSettings) {
  const life = new StoreLife(host, settings);
  host.onEnd(() => life.letGo());
  return {
    actors: {
      open: fromPromise(() => life.open()),
      replay: fromPromise(() => life.replay()),
      claim: fromPromise(() => life.claim()),
      follow: fromCallback<AnyEventObject, undefined, StoreEvent>(({ sendBack }) =>
        life.follow({
          onLed: () => sendBack({ type: "Led" }),
          onClaimDue: () => sendBack({ type: "ClaimDue" }),
          onOutrun: () => sendBack({ type: "Outrun" }),
          onLost: (loss) => sendBack({ type: "Lost", loss }),
        }),
      ),
      lead: fromCallback<AnyEventObject, undefined, StoreEvent>(({ sendBack }) =>
        life.lead({
          onListening: () => sendBack({ type: "Listening" }),
          onStalled: () => sendBack({ type: "Stalled" }),
          onRecovered: () => sendBack({ type: "Recovered" }),
          onLost: (loss) => sendBack({ type: "Lost", loss }),
        }),
      ),
      resign: fromPromise(() => life.resign()),
    },
    actions: {
      tellProblem: ({ context }: { readonly context: { readonly problem: string } }) =>
        host.log.warn(`the store tries again: ${context.problem}`),
      report: ({ context }: { readonly context: { readonly problem: string } }) =>
        host.log.fatal(`refusing to serve: ${context.problem}`),
    },
  };
}
