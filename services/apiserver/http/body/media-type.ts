/** Which text or bytes a body is, by its Content-Type. */
import { ownValue } from "#libs/api/own.ts";
import { unsupportedMediaType } from "#libs/api/errors.ts";
import { mediaTypes, type Encoding } from "../negotiate.ts";

const bodyEncodings: Readonly<Record<string, Encoding>> = {
  [mediaTypes.json]: "json",
  [mediaTypes.yaml]: "yaml",
  [mediaTypes.protobuf]: "protobuf",
};

/** No Content-Type is JSON. Throws 415 for what cannot be read. */
export function bodyEncoding(contentType: string | undefined): Encoding {
  const type = plainType(contentType);
  if (type === "") return "json";
  const encoding = ownValue(bodyEncodings, type);
  if (encoding === undefined) throw unsupported(Object.values(mediaTypes));
  return encoding;
}

/** The type without its parameters. */
export const plainType = (contentType: string | undefined): string =>
  (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** 415 that lists what is taken. */
export function unsupported(accepted: readonly string[]): Error {
  const list = accepted.join(", ");
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}
