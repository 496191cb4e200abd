/** Subjects and bytes of the store's conversations, and their messages. */
import { codecOf, viewingCodecOf } from "#libs/schema/codec.ts";
import type {
  ChangesRequest,
  ChangesResponse,
  CommitRequest,
  CommitResponse,
  CommitsRequest,
  CommitsResponse,
  GetRequest,
  GetResponse,
  HeadRequest,
  HeadResponse,
  LeaderAnnounced,
  ListRequest,
  ListResponse,
  LogBatch,
  LogHead,
  SnapshotChunk,
  SnapshotManifest,
  StatusRequest,
  StatusResponse,
} from "#proto/gen/kubus/store/v1.ts";
import type { HeadsAnnounced, ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";

const rpc = <Request, Response>(verb: string) => ({
  request: codecOf<Request>(`kubus.store.v1.${verb}Request`),
  response: codecOf<Response>(`kubus.store.v1.${verb}Response`),
});

/** A value keeps the bytes of its request alive, which are hardly more. */
export const commitRpc = {
  ...rpc<CommitRequest, CommitResponse>("Commit"),
  request: viewingCodecOf<CommitRequest>("kubus.store.v1.CommitRequest"),
};
export const commitsRpc = {
  ...rpc<CommitsRequest, CommitsResponse>("Commits"),
  request: viewingCodecOf<CommitsRequest>("kubus.store.v1.CommitsRequest"),
};
export const getRpc = rpc<GetRequest, GetResponse>("Get");
export const listRpc = rpc<ListRequest, ListResponse>("List");
export const changesRpc = rpc<ChangesRequest, ChangesResponse>("Changes");
export const headRpc = rpc<HeadRequest, HeadResponse>("Head");
export const statusRpc = rpc<StatusRequest, StatusResponse>("Status");

export const leaderAnnounced = codecOf<LeaderAnnounced>("kubus.store.v1.LeaderAnnounced");

export const objectChanged = codecOf<ObjectChanged>("kubus.watch.v1.ObjectChanged");
export const headsAnnounced = codecOf<HeadsAnnounced>("kubus.watch.v1.HeadsAnnounced");

/** The store reads these in bulk: values are views of the message that they came in. */
export const logBatch = viewingCodecOf<LogBatch>("kubus.store.v1.LogBatch");
export const logHead = codecOf<LogHead>("kubus.store.v1.LogHead");
export const snapshotChunk = viewingCodecOf<SnapshotChunk>("kubus.store.v1.SnapshotChunk");
export const snapshotManifest = codecOf<SnapshotManifest>("kubus.store.v1.SnapshotManifest");
