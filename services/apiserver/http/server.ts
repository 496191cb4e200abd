/** The HTTPS door: one TLS port for HTTP/2 and HTTP/1.1. */
export type { HttpOptions, HttpServer } from "./options.ts";
