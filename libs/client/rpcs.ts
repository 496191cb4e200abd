/** What can be asked of the API server over the bus: the client's and the door's one list. */
import { codecOf } from "#libs/schema/codec.ts";
import type * as api from "#proto/gen/kubus/api/v1.ts";

const rpcOf = <Request, Response>(verb: string) => ({
  request: codecOf<Request>(`kubus.api.v1.${verb}Request`),
  response: codecOf<Response>(`kubus.api.v1.${verb}Response`),
});

export const rpcs = {
  get: rpcOf<api.GetRequest, api.GetResponse>("Get"),
  list: rpcOf<api.ListRequest, api.ListResponse>("List"),
  create: rpcOf<api.CreateRequest, api.CreateResponse>("Create"),
  update: rpcOf<api.UpdateRequest, api.UpdateResponse>("Update"),
  patch: rpcOf<api.PatchRequest, api.PatchResponse>("Patch"),
  delete: rpcOf<api.DeleteRequest, api.DeleteResponse>("Delete"),
  changes: rpcOf<api.ChangesRequest, api.ChangesResponse>("Changes"),
} as const;
