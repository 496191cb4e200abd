/** Which form the client wants: content negotiation as apiserver/pkg/endpoints/handlers does it. */
import { ownValue } from "#libs/api/own.ts";
import { StatusError } from "#libs/api/errors.ts";

export type Encoding = "json" | "yaml" | "protobuf";

/** A form that objects are converted to on their way out. */
export type Conversion =
  | { readonly type: "none" }
  | { readonly type: "table"; readonly version: "v1" | "v1beta1" }
  | { readonly type: "partial"; readonly version: "v1" | "v1beta1"; readonly list: boolean };

export interface Media {
  readonly encoding: Encoding;
  readonly pretty: boolean;
  readonly conversion: Conversion;
  /** A watch asked for with `;stream=watch` is answered with it. */
  readonly stream: boolean;
}

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

const encodings: Readonly<Record<string, Encoding>> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
};

interface AcceptClause {
  readonly type: string;
  readonly quality: number;
  readonly params: Readonly<Record<string, string>>;
}

/** Clauses of an Accept header, best first; equally good ones in their order. */
export function parseAccept(header: string): AcceptClause[] {
  const clauses: AcceptClause[] = [];
  for (const text of header.split(",")) {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim());
    if (type === "") continue;
    const params: Record<string, string> = {};
    for (const param of rest) {
      const equals = param.indexOf("=");
      if (equals > 0) params[param.slice(0, equals).trim()] = param.slice(equals + 1).trim();
    }
    const quality = params["q"] === undefined ? 1 : Number(params["q"]);
    clauses.push({ type, quality: Number.isNaN(quality) ? 1 : quality, params });
  }
  return clauses.sort((a, b) => b.quality - a.quality);
}

export interface Offer {
  /** What the endpoint can write. */
  readonly encodings: readonly Encoding[];
  /** The endpoint turns objects into tables and partial objects. */
  readonly converts: boolean;
  /** Listed behind the others in a 406. */
  readonly streams: boolean;
}

export const objectOffer: Offer = {
  encodings: ["json", "yaml", "protobuf"],
  converts: true,
  streams: false,
};
export const listOffer: Offer = { ...objectOffer, streams: true };
export const plainOffer: Offer = { ...objectOffer, converts: false };
export const jsonOffer: Offer = { encodings: ["json"], converts: false, streams: false };

export interface MediaRequest {
  readonly accept: string | undefined;
  readonly userAgent: string;
  /** `?pretty=`; null when absent. */
  readonly pretty: string | null;
}

/** The form to answer in. Throws 406 when nothing that the client takes can be written. */
export function negotiate(request: MediaRequest, offer: Offer): Media {
  const header = request.accept ?? "";
  if (header.trim() === "") return media("json", request, { type: "none" }, false);
  let conversionRefused = false;
  for (const clause of parseAccept(header)) {
    const encoding = clauseEncoding(clause, offer);
    if (encoding === undefined) continue;
    const conversion = clauseConversion(clause, offer, encoding);
    if (conversion !== undefined) {
      return media(encoding, request, conversion, clause.params["stream"] === "watch");
    }
    conversionRefused = true;
  }
  throw conversionRefused ? onlyAccepted(offer) : notAvailable(offer);
}

/** The form of an error: like the answer's, and JSON when the client takes nothing else of ours. */
export function negotiateError(request: MediaRequest): Media {
  for (const clause of parseAccept(request.accept ?? "")) {
    const encoding = clauseEncoding(clause, plainOffer);
    if (encoding === undefined) continue;
    const conversion = clauseConversion(clause, plainOffer, encoding);
    if (conversion !== undefined) return media(encoding, request, conversion, false);
  }
  return media("json", request, { type: "none" }, false);
}

function clauseEncoding({ type }: AcceptClause, offer: Offer): Encoding | undefined {
  if (type === "*/*") return "json";
  const encoding = ownValue(encodings, type);
  return encoding !== undefined && offer.encodings.includes(encoding) ? encoding : undefined;
}

/** Undefined: the clause asks for a conversion that there is not. */
function clauseConversion(
  { params }: AcceptClause,
  offer: Offer,
  encoding: Encoding,
): Conversion | undefined {
  const { as = "", v = "", g = "" } = params;
  if (as === "" && v === "" && g === "") return { type: "none" };
  if (!offer.converts) return undefined;
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined;
  if (as === "Table") return encoding === "protobuf" ? undefined : { type: "table", version: v };
  if (as === "PartialObjectMetadata") return { type: "partial", version: v, list: false };
  if (as === "PartialObjectMetadataList") return { type: "partial", version: v, list: true };
  return undefined;
}

function media(
  encoding: Encoding,
  request: MediaRequest,
  conversion: Conversion,
  stream: boolean,
): Media {
  const pretty = encoding === "json" && wantsPretty(request);
  return { encoding, pretty, conversion, stream };
}

/** People with a browser, curl or wget get indented text unless they say otherwise. */
function wantsPretty({ pretty, userAgent }: MediaRequest): boolean {
  if (pretty !== null) return pretty.toLowerCase() !== "false" && pretty !== "0";
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

const offered = (offer: Offer): string => {
  const plain = offer.encodings.map((encoding) => mediaTypes[encoding]);
  const streams = offer.streams
    ? [`${mediaTypes.json};stream=watch`, `${mediaTypes.protobuf};stream=watch`]
    : [];
  return [...plain, ...streams].join(", ");
};

function notAvailable(offer: Offer): StatusError {
  const text = `406: Not Acceptable\n\nAvailable representations: ${offered(offer)}`;
  return new StatusError(406, "NotAcceptable", text, {});
}

function onlyAccepted(offer: Offer): StatusError {
  const list = offer.encodings.map((encoding) => mediaTypes[encoding]).join(", ");
  return acceptedOnly(list);
}

function acceptedOnly(list: string): StatusError {
  const text = `only the following media types are accepted: ${list}`;
  return new StatusError(406, "NotAcceptable", text);
}

/** The form of a watch: JSON or protobuf. Throws 406 for YAML. */
export function negotiateWatch(request: MediaRequest): Media {
  const chosen = negotiate(request, listOffer);
  if (chosen.encoding !== "yaml") return chosen;
  const list = `${mediaTypes.json};stream=watch, ${mediaTypes.protobuf};stream=watch`;
  throw acceptedOnly(list);
}
