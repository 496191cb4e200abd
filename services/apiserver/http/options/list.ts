/** Options of list and watch, checked as apimachinery checks ListOptions. */
import { forbidden, notSupported, type FieldError } from "#libs/api/errors.ts";
import type { ListOptions, WatchOptions } from "../../registry/request.ts";
import { queryBoolean, queryInteger, refuse } from "./query.ts";

type Text = Pick<
  ListOptions,
  "labelSelector" | "fieldSelector" | "resourceVersion" | "resourceVersionMatch" | "continue"
>;

const texts = (query: URLSearchParams): Text => ({
  labelSelector: query.get("labelSelector") ?? "",
  fieldSelector: query.get("fieldSelector") ?? "",
  resourceVersion: query.get("resourceVersion") ?? "",
  resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
  continue: query.get("continue") ?? "",
});

const match = "resourceVersionMatch";

/** Throws 400 or 422 for options that Kubernetes refuses. */
export function listOptions(query: URLSearchParams): ListOptions {
  const options = texts(query);
  queryInteger(query, "timeoutSeconds");
  const limit = queryInteger(query, "limit") ?? 0;
  refuse("ListOptions", listErrors(options, queryBoolean(query, "sendInitialEvents")));
  return { ...options, limit };
}

function listErrors(options: Text, sendInitialEvents: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const wanted = options.resourceVersionMatch ?? "";
  if (wanted !== "") {
    if (options.resourceVersion === "") {
      errors.push(forbidden(match, `${match} is forbidden unless resourceVersion is provided`));
    }
    if (options.continue !== "") {
      errors.push(forbidden(match, `${match} is forbidden when continue is provided`));
    }
    if (wanted !== "Exact" && wanted !== "NotOlderThan") {
      errors.push(notSupported(match, wanted, ["Exact", "NotOlderThan", ""]));
    }
    if (wanted === "Exact" && options.resourceVersion === "0") {
      errors.push(forbidden(match, `${match} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (sendInitialEvents !== undefined) {
    const detail = "sendInitialEvents is forbidden for list";
    errors.push(forbidden("sendInitialEvents", detail));
  }
  return errors;
}

/** Throws 400 or 422 for options that Kubernetes refuses. */
export function watchOptions(query: URLSearchParams): WatchOptions {
  const options = texts(query);
  const allowWatchBookmarks = queryBoolean(query, "allowWatchBookmarks") ?? false;
  const timeoutSeconds = queryInteger(query, "timeoutSeconds");
  queryInteger(query, "limit");
  const sendInitialEvents = queryBoolean(query, "sendInitialEvents");
  refuse("ListOptions", watchErrors(options, sendInitialEvents));
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch } = options;
  return {
    labelSelector,
    fieldSelector,
    resourceVersion,
    resourceVersionMatch,
    allowWatchBookmarks,
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

function watchErrors(options: Text, sendInitialEvents: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const wanted = options.resourceVersionMatch ?? "";
  if (sendInitialEvents !== undefined && wanted !== "NotOlderThan") {
    const detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    errors.push(forbidden(match, detail));
  }
  if (wanted !== "") {
    if (sendInitialEvents === undefined) {
      const detail = `${match} is forbidden for watch unless sendInitialEvents is provided`;
      errors.push(forbidden(match, detail));
    }
    if (wanted !== "NotOlderThan") errors.push(notSupported(match, wanted, ["NotOlderThan"]));
  }
  if (options.continue !== "") {
    errors.push(forbidden(match, `${match} is forbidden when continue is provided`));
  }
  return errors;
}
