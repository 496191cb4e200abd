/**
 * Shuffle sharding: every flow has a hand of a few queues, drawn by its hash, so that two flows
 * hardly ever share all of theirs. A flow that floods its hand leaves others a free queue. Pure.
 */
import { createHash } from "node:crypto";

/** 64 bits of a flow's name: enough for hands that `requiredBits` lets through. */
export function flowHash(schema: string, distinguisher: string): bigint {
  const digest = createHash("sha256").update(`${schema}\0${distinguisher}`).digest();
  return digest.readBigUInt64LE(0);
}

/**
 * Draws `handSize` different queues of `queues`. Each draw takes its part of the hash, and what is
 * left decides the next one, as cards are dealt from a shrinking deck.
 */
export function dealHand(hash: bigint, queues: number, handSize: number): number[] {
  const hand: number[] = [];
  let rest = hash;
  for (let dealt = 0; dealt < Math.min(handSize, queues); dealt += 1) {
    const left = BigInt(queues - dealt);
    const drawn = Number(rest % left);
    rest /= left;
    hand.push(skipDealt(drawn, hand));
  }
  return hand;
}

/** The place in the whole deck of the card at `drawn` among those that are left. */
function skipDealt(drawn: number, hand: readonly number[]): number {
  let card = drawn;
  for (const taken of hand.toSorted((a, b) => a - b)) if (taken <= card) card += 1;
  return card;
}
