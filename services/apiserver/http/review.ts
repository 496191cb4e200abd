/** Creates of kinds that are only asked: identity and rights. */
import { trackUpdate } from "#libs/api/managedfields/update.ts";
import { type KubeObject, apiVersionOf } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import { kindSchema } from "#libs/schema/schemas.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
import type { Review } from "../auth/reviews/review.ts";
import { readDraft } from "../registry/draft.ts";
import { decodeObject } from "./body/decode.ts";
import { bodyEncoding } from "./body/media-type.ts";
import { readBody } from "./body/read.ts";
import { commonHeaders, mediaRequest, type Exchange } from "./context.ts";
import { encodeDocument } from "./encode/status.ts";
import { unknownResource } from "./missing.ts";
import { negotiate, plainOffer } from "./negotiate.ts";
import { writeOptions } from "./options/write.ts";
import { sendBytes } from "./send.ts";

/** Answers a review (of access, of a token): kinds that are created and never stored. */
export async function serveReview(
  exchange: Exchange,
  review: Review,
  namespace: string,
): Promise<void> {
  const { door, request, response, query, user } = exchange;
  const schema = kindSchema(review.group, review.version, review.kind);
  if (schema === undefined) throw unknownResource();
  const media = negotiate(mediaRequest(request, query), plainOffer);
  const encoding = bodyEncoding(request.header("content-type"));
  const bytes = await readBody(request, door.limits.bodyBytesMax);
  const options = writeOptions(query, "CreateOptions");
  const body = decodeObject(bytes, encoding, review);
  const expected = { apiVersion: apiVersionOf(review), kind: review.kind, schema };
  const { object, warnings } = readDraft(expected, body, options.fieldValidation);
  const question = withManager(exchange, schema, object, options.fieldManager);
  const value = question as Readonly<Record<string, unknown>>;
  const answer = await review.answer({ user, namespace, value });
  const { contentType, bytes: text } = encodeDocument(answer, media, schema.name);
  const headers = { ...commonHeaders(exchange, warnings), "content-type": contentType };
  await sendBytes(response, { status: 201, headers }, text, false);
}

/** Even of a question it is recorded who set which field. */
function withManager(
  { door, caller }: Exchange,
  schema: MessageSchema,
  object: KubeObject,
  fieldManager: string | undefined,
): KubeObject {
  const managedFields = trackUpdate({
    schema,
    live: undefined,
    updated: object,
    manager: fieldManager ?? caller.manager,
    apiVersion: object.apiVersion ?? "",
    subresource: "",
    time: timeText(door.options.world.now()),
  });
  if (managedFields === undefined) return object;
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
