/** What stands in URLs and in single fields: paths, selectors, quantities, Accept headers. */
import { StatusError } from "#libs/api/errors.ts";
import { resources } from "#libs/api/index.ts";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  QuantityError,
} from "#libs/api/quantity.ts";
import {
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
  selectorText,
} from "#libs/api/selectors.ts";
import { negotiate, listOffer } from "../../../services/apiserver/http/negotiate.ts";
import { listOptions, watchOptions } from "../../../services/apiserver/http/options/list.ts";
import { patchOptions, writeOptions } from "../../../services/apiserver/http/options/write.ts";
import {
  isBrokenPath,
  parseQuery,
  requestInfo,
} from "../../../services/apiserver/http/request-info.ts";
import { routeResource, servedFrom } from "../../../services/apiserver/http/routes.ts";
import { decodeContinue } from "../../../services/apiserver/registry/continue.ts";
import { below, mutateText, pick } from "../mutate.ts";
import { refusing, require, type Target } from "../target.ts";

const selectorWords = [" in ", " notin ", "(", ")", ",", "!", "=", "==", "!=", ">", "<", "a/b"];
const selectors = [
  "app=web,tier in (a,b),env notin (x),y,!z,n>1",
  "a.b/c!=d",
  "x in (,)",
  "",
  "a".repeat(300),
];

export const labelSelectors: Target = {
  name: "label-selectors",
  attempt: (random) => {
    const text = mutateText(random, pick(random, selectors), selectorWords);
    return {
      input: text,
      run: () => {
        const selector = refusing(() => parseLabelSelector(text), StatusError);
        if (selector === undefined) return;
        const labels = { app: "web", n: "2", constructor: "x" };
        const matched = matchesSelector(selector, labels);
        const again = parseLabelSelector(selectorText(selector));
        require(matchesSelector(again, labels) === matched, "a selector's text means the same");
        require(selectorText(again) === selectorText(selector), "and is written the same");
      },
    };
  },
};

export const fieldSelectors: Target = {
  name: "field-selectors",
  attempt: (random) => {
    const whole = "metadata.name=a\\,b,spec.nodeName!=x,status.phase==Running";
    const text = mutateText(random, whole, ["\\", "\\\\", ",", "=", "==", "!=", "\\="]);
    return {
      input: text,
      run: () => void refusing(() => parseFieldSelector(text), StatusError),
    };
  },
};

const quantities = ["1", "100m", "1.5Gi", "12e2", "1E3", "-5n", "0.001", "9223372036854775807"];
const quantityWords = ["e", "E", "Ki", "m", ".", "-", "+", "0".repeat(60), "9".repeat(60), "e99"];

export const quantityTexts: Target = {
  name: "quantities",
  attempt: (random) => {
    const text = mutateText(random, pick(random, quantities), quantityWords);
    return {
      input: text,
      run: () => {
        const canonical = refusing(() => canonicalQuantity(text), QuantityError);
        // Nobody has so much: what an exponent of three digits says is cut off.
        if (canonical === undefined || /e[-+]?\d{3}/i.test(text)) return;
        require(canonicalQuantity(canonical) === canonical, "a canonical quantity stays");
        require(compareQuantities(canonical, text) === 0, "and means the same");
        require(compareQuantities(addQuantities(text, "0"), text) === 0, "nothing adds nothing");
      },
    };
  },
};

const served = servedFrom(resources, []);
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "FOO", ""];
const paths = [
  "/api/v1/namespaces/default/pods/web-1/status",
  "/apis/apps/v1/namespaces/default/deployments/web/scale",
  "/api/v1/watch/namespaces/default/pods",
  "/api/v1/nodes/n/proxy/a/b",
  "/apis/apps",
];
const pathWords = ["/", "//", "%2F", "%", "%ff", "%zz", "..", ".", "watch", "proxy", "namespaces"];
const queryWords = ["&", "=", "%", ";", "watch=1", "limit=", "timeoutSeconds=9e9", "dryRun=x"];
const whole =
  "watch=1&labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&resourceVersion=5&limit=10" +
  "&resourceVersionMatch=Exact&sendInitialEvents=true&fieldManager=m&fieldValidation=Warn";

export const urls: Target = {
  name: "urls",
  attempt: (random) => {
    const path = mutateText(random, pick(random, paths), pathWords);
    const query = mutateText(random, whole, queryWords);
    const method = pick(random, methods);
    return {
      input: `${method} ${path}?${query}`,
      run: () => {
        if (isBrokenPath(path)) return;
        const parsed = parseQuery(query);
        const info = requestInfo(method, path, parsed);
        if (info.resourceRequest) routeResource(served, info, method);
        refusing(() => listOptions(parsed), StatusError);
        refusing(() => watchOptions(parsed), StatusError);
        refusing(() => writeOptions(parsed, "CreateOptions"), StatusError);
        refusing(() => patchOptions(parsed, "application/apply-patch+yaml"), StatusError);
      },
    };
  },
};

const accept =
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/vnd.kubernetes.protobuf;q=0.5,*/*";

export const acceptHeaders: Target = {
  name: "accept-headers",
  attempt: (random) => {
    const header = mutateText(random, accept, [";", ",", "=", "q=", "as=", "*/*", "__proto__=1"]);
    const request = { accept: header, userAgent: "", pretty: null };
    return {
      input: header,
      run: () => void refusing(() => negotiate(request, listOffer), StatusError),
    };
  },
};

export const continueTokens: Target = {
  name: "continue-tokens",
  attempt: (random) => {
    const token = Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"a/b\\u0000"}');
    const changed = mutateText(random, token.toString(), ["\\u0000", "/", "..", "-1", "null"]);
    const text = random() < 0.2 ? changed : Buffer.from(changed).toString("base64url");
    const namespace = pick(random, ["", "a", "x".repeat(below(random, 300))]);
    return {
      input: text,
      run: () => void refusing(() => decodeContinue(text, namespace), StatusError),
    };
  },
};
