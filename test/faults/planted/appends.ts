/** Bugs in how the log is written, planted between the store and NATS. */
import type { Msg, NatsConnection, PublishOptions, SubscriptionOptions } from "@nats-io/nats-core";
import { headers } from "@nats-io/nats-core";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";

const expectedSequence = "Nats-Expected-Last-Sequence";
/** Milliseconds between an acknowledgement that comes too early and the append. */
const lateMs = 120;

/** Milliseconds by which a refusal is late. */
const refusedLateMs = 4_000;

type Callback = NonNullable<SubscriptionOptions["callback"]>;
type Publish = NatsConnection["publish"];

/** Writers hear that their write is stored before it is sent to the log. */
export function acknowledgeEarly(bus: Bus, world: World): Partial<Bus> {
  const answers = new Map<string, Callback>();
  return changedConnection(bus, {
    subscribe: (subject, options) => {
      if (options?.callback) answers.set(subject.replace(/\*$/, ""), options.callback);
      return bus.connection.subscribe(subject, options);
    },
    publish: (subject, payload, options) => {
      const answer = answers.get(inboxOf(options));
      if (subject !== bus.subjects.log() || !answer) {
        return bus.connection.publish(subject, payload, options);
      }
      const late = options?.headers ? { headers: options.headers } : {};
      world.after(lateMs, () => bus.connection.publish(subject, payload, late));
      const seq = Number(options?.headers?.get(expectedSequence) ?? 0) + 1;
      world.after(0, () => void answer(null, messageOf(options?.reply ?? "", { seq })));
    },
  });
}

/** The log is written without a look at who wrote last, and every answer is taken for a success. */
export function appendAnywhere(bus: Bus): Partial<Bus> {
  const expected = new Map<string, number>();
  return changedConnection(bus, {
    subscribe: (subject, options) => {
      const callback = options?.callback;
      if (!callback) return bus.connection.subscribe(subject, options);
      const heard: Callback = (error, message) => {
        const last = expected.get(message.subject);
        if (last === undefined) return callback(error, message);
        expected.delete(message.subject);
        void callback(error, messageOf(message.subject, { seq: last + 1 }));
      };
      return bus.connection.subscribe(subject, { ...options, callback: heard });
    },
    publish: (subject, payload, options) => {
      if (subject !== bus.subjects.log() || !options?.reply) {
        return bus.connection.publish(subject, payload, options);
      }
      expected.set(options.reply, Number(options.headers?.get(expectedSequence) ?? 0));
      bus.connection.publish(subject, payload, { ...options, headers: headers() });
    },
  });
}

/** Who is not the leader any more is told so late. */
export function answersLate(bus: Bus, world: World): Partial<Bus> {
  return changedConnection(bus, {
    subscribe: (subject, options) => {
      const callback = options?.callback;
      if (!callback) return bus.connection.subscribe(subject, options);
      const heard: Callback = (error, message) => {
        if (!isRefusal(message)) return callback(error, message);
        world.after(refusedLateMs, () => void callback(error, message));
      };
      return bus.connection.subscribe(subject, { ...options, callback: heard });
    },
    publish: bus.connection.publish.bind(bus.connection),
  });
}

const isRefusal = ({ data }: Msg) => new TextDecoder().decode(data).includes("wrong last sequence");

interface Changed {
  readonly subscribe: NatsConnection["subscribe"];
  readonly publish: Publish;
}

function changedConnection(bus: Bus, changed: Changed): Partial<Bus> {
  const connection = new Proxy(bus.connection, {
    get(target, property) {
      if (property === "subscribe" || property === "publish") return changed[property];
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { connection };
}

const inboxOf = (options: PublishOptions | undefined) =>
  options?.reply?.slice(0, options.reply.lastIndexOf(".") + 1) ?? "";

function messageOf(subject: string, content: object): Msg {
  const data = new TextEncoder().encode(JSON.stringify(content));
  return { subject, data, json: () => content } as unknown as Msg;
}
