/** What is not there, and what may not be done there. */
import { StatusError } from "#libs/api/errors.ts";

/** The body of a 404 where not even an API group is. */
export const pageNotFound = "404 page not found\n";

/** 405: the path is there, and another method would do. */
export const methodNotAllowed = (): StatusError =>
  new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );

/** 404 in JSON: the group is served, and nothing of it stands at this path. */
export const unknownResource = (): StatusError =>
  new StatusError(404, "NotFound", "the server could not find the requested resource", {});
