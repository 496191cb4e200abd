/** Creates of kinds that are only asked: identity and rights. */
import type { Review } from "../auth/reviews/review.ts";
import { decodeObject } from "./body/decode.ts";
import { bodyEncoding } from "./body/media-type.ts";
import { readBody } from "./body/read.ts";
import { commonHeaders, mediaRequest, type Exchange } from "./context.ts";
import { encodeDocument } from "./encode/status.ts";
import { negotiate, plainOffer } from "./negotiate.ts";
import { writeOptions } from "./options/write.ts";
import { sendBytes } from "./send.ts";
import { kindSchema } from "#libs/schema/schemas.ts";

export async function serveReview(
  exchange: Exchange,
  review: Review,
  namespace: string,
): Promise<void> {
  const { door, request, response, query, user } = exchange;
  const media = negotiate(mediaRequest(request, query), plainOffer);
  const encoding = bodyEncoding(request.header("content-type"));
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  writeOptions(query, "CreateOptions");
  const { value } = decodeObject(bytes, encoding, review);
  const question = value as Readonly<Record<string, unknown>>;
  const answer = await review.answer({ user, namespace, value: question });
  const message = kindSchema(review.group, review.version, review.kind)?.name;
  const { contentType, bytes: text } = encodeDocument(answer, media, message);
  const headers = { ...commonHeaders(exchange), "content-type": contentType };
  await sendBytes(response, { status: 201, headers }, text, false);
}
