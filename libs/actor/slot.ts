/** Places in a machine that main.ts and tests fill: a machine orders, and does nothing itself. */
import { fromPromise, type NonReducibleUnknown } from "xstate";

/** An effect that `.provide()` must replace; one that was forgotten fails when it is asked for. */
export const slot = <Output = void, Input = NonReducibleUnknown>() =>
  fromPromise<Output, Input>(() => Promise.reject(new Error("effect not provided")));
