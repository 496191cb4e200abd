/**
 * Status as protobuf, byte for byte as Kubernetes writes it: its generated code writes the empty
 * texts and zeros of these messages too, and clients compare nothing else so often.
 */
import type { Status, StatusCause, StatusDetails } from "#proto/gen/k8s/meta/v1.ts";

/** Protobuf of a Status, without the envelope. */
export function statusMessage(status: Status): Uint8Array {
  const { metadata = {}, details } = status;
  const listMeta = [
    text(1, metadata.selfLink),
    text(2, metadata.resourceVersion),
    text(3, metadata.continue),
  ];
  return Buffer.concat([
    bytes(1, Buffer.concat(listMeta)),
    text(2, status.status),
    text(3, status.message),
    text(4, status.reason),
    ...(details === undefined ? [] : [bytes(5, detailsMessage(details))]),
    number(6, status.code),
  ]);
}

function detailsMessage(details: StatusDetails): Buffer {
  return Buffer.concat([
    text(1, details.name),
    text(2, details.group),
    text(3, details.kind),
    ...(details.causes ?? []).map((cause) => bytes(4, causeMessage(cause))),
    number(5, details.retryAfterSeconds),
    text(6, details.uid),
  ]);
}

const causeMessage = ({ reason, message, field }: StatusCause): Buffer =>
  Buffer.concat([text(1, reason), text(2, message), text(3, field)]);

const text = (field: number, value = ""): Buffer => bytes(field, Buffer.from(value));

const bytes = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);

const number = (field: number, value = 0): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);

/** Codes and seconds are never negative. */
function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...out, rest]);
}
