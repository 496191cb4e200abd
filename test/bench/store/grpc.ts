/** A client of etcd: gRPC by the library that Node programs use for it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ClientDuplexStream, credentials, Client as GrpcClient } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { Client, Put } from "./contender.ts";

const messageBytesMax = 64 * 2 ** 20;
const file = join(import.meta.dirname, "etcd.proto");
const { root } = protobuf.parse(readFileSync(file, "utf8"), { keepCase: true });

interface Rpc {
  readonly path: string;
  readonly encode: (message: object) => Buffer;
  readonly decode: (bytes: Buffer) => object;
}

function rpc(path: string, request: string, response: string): Rpc {
  const [requestType, responseType] = [request, response].map((name) =>
    root.lookupType(`etcdserverpb.${name}`),
  ) as [protobuf.Type, protobuf.Type];
  return {
    path: `/etcdserverpb.${path}`,
    encode: (message) => requestType.encode(message).finish() as Buffer,
    decode: (bytes) => responseType.decode(bytes),
  };
}

const rpcs = {
  range: rpc("KV/Range", "RangeRequest", "RangeResponse"),
  put: rpc("KV/Put", "PutRequest", "PutResponse"),
  txn: rpc("KV/Txn", "TxnRequest", "TxnResponse"),
  watch: rpc("Watch/Watch", "WatchRequest", "WatchResponse"),
};

interface RangeResponse {
  readonly header: { readonly revision: unknown };
  readonly kvs: readonly { readonly key: Uint8Array }[];
  readonly more: boolean;
}

interface WatchResponse {
  readonly created: boolean;
  readonly events: readonly unknown[];
}

const keyOf = (namespace: string, name: string) => Buffer.from(`/registry/${namespace}/${name}`);
/** "0" comes after "/". */
const endOf = (namespace: string) => Buffer.from(`/registry/${namespace}0`);

export class EtcdClient implements Client {
  readonly #client: GrpcClient;
  readonly #watches: ClientDuplexStream<object, object>[] = [];

  constructor(port: number) {
    this.#client = new GrpcClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": messageBytesMax,
      "grpc.initial_reconnect_backoff_ms": 10,
      "grpc.max_reconnect_backoff_ms": 10,
      // Without it, clients of one process that ask the same address share a connection.
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  async create(puts: readonly Put[]): Promise<void> {
    const success = puts.map(({ namespace, name, value }) => ({
      request_put: { key: keyOf(namespace, name), value },
    }));
    await this.#ask(rpcs.txn, { success });
  }

  async put({ namespace, name, value }: Put): Promise<void> {
    await this.#ask(rpcs.put, { key: keyOf(namespace, name), value });
  }

  async get(namespace: string, name: string): Promise<void> {
    await this.#ask(rpcs.range, { key: keyOf(namespace, name) });
  }

  async list(namespace: string, limit: number): Promise<number> {
    const rangeEnd = endOf(namespace);
    let key = keyOf(namespace, "");
    let revision: unknown = 0;
    for (let found = 0; ;) {
      const request = { key, range_end: rangeEnd, limit, revision };
      const answer = (await this.#ask(rpcs.range, request)) as RangeResponse;
      found += answer.kvs.length;
      const last = answer.kvs.at(-1);
      if (!answer.more || !last) return found;
      key = Buffer.concat([last.key, Buffer.of(0)]);
      revision = answer.header.revision;
    }
  }

  watch(namespace: string, count: number, onDelivery: () => void): Promise<void> {
    const { path, encode, decode } = rpcs.watch;
    const stream = this.#client.makeBidiStreamRequest(path, encode, decode);
    this.#watches.push(stream);
    const created = Promise.withResolvers<void>();
    let missing = count;
    stream.on("data", (message: object) => {
      const { created: isCreated, events } = message as WatchResponse;
      if (isCreated && --missing === 0) created.resolve();
      for (const _ of events) onDelivery();
    });
    stream.on("error", (error) => created.reject(error));
    const range = { key: keyOf(namespace, ""), range_end: endOf(namespace) };
    for (let index = 0; index < count; index += 1) stream.write({ create_request: range });
    return created.promise;
  }

  close(): Promise<void> {
    for (const watch of this.#watches) watch.cancel();
    this.#client.close();
    return Promise.resolve();
  }

  #ask({ path, encode, decode }: Rpc, request: object): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, encode, decode, request, (error, answer) =>
        error || !answer ? reject(error ?? new Error("no answer")) : resolve(answer),
      );
    });
  }
}
