/** Caches, sockets and events of the proxy. */
import { fromCallback, fromPromise } from "xstate";
import type { Host } from "#libs/actor/component.ts";
import { services } from "#libs/api/core/v1/services.ts";
import { endpointslices } from "#libs/api/discovery/v1/endpointslices.ts";
import { apiClient } from "#libs/client/client.ts";
import { eventRecorder } from "#libs/client/recorder.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import { planServices } from "./decide.ts";
import { proxyMachine } from "./machine.ts";
import { planRules, Userspace, type Report } from "./modes/userspace.ts";
import type { Applied, ProxyConfig } from "./wire.ts";

const identity = { user: "system:kube-proxy", manager: "kube-proxy" };

/** The machine with real caches and sockets behind its slots. */
export function provideEffects(host: Host, config: Required<ProxyConfig>) {
  const caches = {
    services: sharedInformer(host, services),
    slices: sharedInformer(host, endpointslices),
  };
  const userspace = new Userspace(host.world);
  // A life that ends by a crash frees its ports too: the next one needs them.
  host.onEnd(() => userspace.close());
  return proxyMachine.provide({
    actors: {
      watch: fromCallback(({ sendBack }) => {
        const changed = () => sendBack({ type: "Changed" });
        const subscriptions = [caches.services.listen(changed), caches.slices.listen(changed)];
        return () => {
          for (const subscription of subscriptions) subscription.unsubscribe();
        };
      }),
      sync: fromPromise<void>(async () => {
        await Promise.all([caches.services.untilCurrent(), caches.slices.untilCurrent()]);
      }),
      apply: fromPromise<Applied>(() => {
        const ports = planServices({
          services: caches.services.values(),
          slices: caches.slices.values(),
          nodeName: config.nodeName,
        });
        return userspace.applyRules(planRules(ports, config));
      }),
      close: fromPromise<void>(() => userspace.close()),
    },
    actions: { report: reporter(host, config.nodeName) },
  });
}

/** Tells what the application before did not tell already. */
function reporter(host: Host, nodeName: string) {
  const recorder = eventRecorder(host, apiClient(host.bus, identity), "kube-proxy", nodeName);
  let told: ReadonlySet<string> = new Set();
  return (_: unknown, { reports }: Applied): void => {
    const keyOf = ({ service, message }: Report) => `${service.metadata?.uid} ${message}`;
    for (const report of reports) {
      if (told.has(keyOf(report))) continue;
      const { service, reason, message } = report;
      const { namespace, name } = service.metadata ?? {};
      host.log.warn({ service: `${namespace}/${name}`, reason }, message);
      recorder.record({ object: service, type: "Warning", reason, message });
    }
    told = new Set(reports.map(keyOf));
  };
}
