/** A control plane for the replay: store, API server, controllers, and a nats-server of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { supervise, type Supervised } from "#libs/actor/supervise.ts";
import { realWorld } from "#libs/actor/world.ts";
import { connect } from "#libs/bus/connect.ts";
import { freePort, startNatsServer } from "#libs/testing/nats.ts";
import { ensurePki } from "../../infra/certs/pki.ts";
import { component as apiserver } from "../../services/apiserver/main.ts";
import { components as controllers } from "../../services/controllers/index.ts";
import { component as store } from "../../services/store/main.ts";

export interface ControlPlane {
  readonly url: string;
  readonly natsUrl: string;
  /** Bearer token of the administrator who made the recordings. */
  readonly token: string;
  /** Ends a component at once; its supervisor starts it again. */
  crash(component: string): Promise<void>;
  stop(): Promise<void>;
}

const serviceIp = "127.96.0.1";
const token = "the-administrator";
/** Any uid is as good: the recordings have a placeholder for it. */
const recordedUid = "1";

export interface ControlPlaneParts {
  /** Without them nobody writes but who asks. */
  readonly controllers?: boolean;
}

export async function startControlPlane(parts: ControlPlaneParts = {}): Promise<ControlPlane> {
  const log = pino({ level: process.env.KUBUS_LOG_LEVEL ?? "silent" });
  const folder = await mkdtemp(join(tmpdir(), "kubus-golden-"));
  const nats = await startNatsServer();
  const pki = await ensurePki({ folder, serviceIp });
  const port = await freePort();
  const running: Supervised[] = [];
  const { controllers: isControlled = true } = parts;
  const start = async (name: string, part: (options: Options) => Supervised[]) => {
    const servers = nats.url;
    const bus = await connect({ servers, prefix: "kubus", name, world: realWorld });
    const started = part({ bus, world: realWorld, log, instance: "0" });
    running.push(...started);
    await Promise.all(started.map(({ ready }) => ready));
    return bus;
  };
  const buses = [
    await start("store", (options) => [supervise(store, {}, options)]),
    await start("apiserver", (options) => [
      supervise(
        apiserver,
        {
          host: "127.0.0.1",
          port,
          tls: { ...pki.apiserver, clientCa: pki.ca },
          serviceAccountKeys: [pki.serviceAccount.publicKey],
          serviceAccountSigningKey: pki.serviceAccount.key,
          serviceAccountIssuer: "https://kubernetes.default.svc.cluster.local",
          serviceCidr: "127.96.0.0/16",
          tokens: [{ token, user: "admin", uid: recordedUid, groups: ["system:masters"] }],
        },
        options,
      ),
    ]),
    await start("controllers", (options) =>
      isControlled ? controllers.map((component) => supervise(component, {}, options)) : [],
    ),
  ];
  return {
    url: `https://127.0.0.1:${port}`,
    natsUrl: nats.url,
    token,
    async crash(component) {
      const [bus] = buses;
      const subject = bus?.subjects.actor(component, "0", "control") ?? "";
      await bus?.request(subject, Buffer.from('{"crash":{}}'));
    },
    async stop() {
      for (const part of running.toReversed()) await part.stop();
      for (const bus of buses.toReversed()) await bus.close();
      await nats.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Options = Parameters<typeof supervise>[2];
