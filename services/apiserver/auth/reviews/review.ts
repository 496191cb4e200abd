/** Kinds that are only created: questions about identity and rights that the door answers. */
import type { User } from "../user.ts";

export interface ReviewRequest {
  readonly user: User;
  /** Of the path; "" for cluster scope. */
  readonly namespace: string;
  /** The body, with apiVersion and kind. */
  readonly value: Readonly<Record<string, unknown>>;
}

export interface Review {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly scope: "Namespaced" | "Cluster";
  /** Returns the object with its status; throws StatusError for a bad question. */
  readonly answer: (request: ReviewRequest) => Promise<object>;
}
