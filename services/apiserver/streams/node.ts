/** What the doors ask of kubelets. */
import type { Session } from "#libs/bus/session/index.ts";
import type { NodeVerb } from "#libs/bus/subjects.ts";
import type {
  AttachRequest,
  ExecRequest,
  PortForwardRequest,
  ReadLogRequest,
} from "#proto/gen/kubus/node/v1.ts";

/** What each verb asks for; the session's name is given when it is opened. */
export interface NodeRequests {
  readonly log: Omit<ReadLogRequest, "session">;
  readonly exec: Omit<ExecRequest, "session">;
  readonly attach: Omit<AttachRequest, "session">;
  readonly portforward: Omit<PortForwardRequest, "session">;
  readonly http: object;
}

/** Streams that a node's kubelet answers. */
export interface NodeStreams {
  /** Rejects with NodeRefusal, or with StatusError when the kubelet is out of reach. */
  open<Verb extends NodeVerb>(
    node: string,
    verb: Verb,
    request: NodeRequests[Verb],
  ): Promise<Session>;
}

/** A kubelet does not serve what was asked: an HTTP status and its words. */
export class NodeRefusal extends Error {
  override readonly name = "NodeRefusal";
  readonly code: number;
  /** Protocols that would be spoken, where that is what was wrong. */
  readonly accepted: readonly string[];

  constructor(code: number, message: string, accepted: readonly string[] = []) {
    super(message);
    this.code = code;
    this.accepted = accepted;
  }
}
