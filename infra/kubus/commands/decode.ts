/** `kubus decode`: the filter for `nats sub --translate`, which fills in {{Subject}}. */
import { buffer } from "node:stream/consumers";
import { decodeMessage } from "../decode.ts";

export interface DecodeOptions {
  readonly subject?: string;
  readonly pretty?: boolean;
}

export async function decode({ subject, pretty }: DecodeOptions): Promise<void> {
  const payload = await buffer(process.stdin);
  const message = decodeMessage(subject ?? process.env["NATS_SUBJECT"] ?? "", payload);
  process.stdout.write(`${JSON.stringify(message, null, pretty ? 2 : undefined)}\n`);
}
