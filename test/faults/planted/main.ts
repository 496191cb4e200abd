/** A store with the bug that KUBUS_FAULTS_BUG names: the real one, in surroundings that lie. */
import type { Component } from "#libs/actor/component.ts";
import { runProcess } from "#libs/actor/process.ts";
import { realWorld } from "#libs/actor/world.ts";
import { connect } from "#libs/bus/connect.ts";
import { storeEffects } from "../../../services/store/effects.ts";
import { storeMachine } from "../../../services/store/machine.ts";
import type { StoreConfig } from "../../../services/store/main.ts";
import { settingsOf } from "../../../services/store/settings.ts";
import { leasesWithoutEnd, type Plant, plants } from "./bugs.ts";
import { countAgain, lastRevision, loseTail } from "./restarts.ts";

const bug = process.env["KUBUS_FAULTS_BUG"] ?? "";

/** What the bug does before the store begins, and around it. */
async function plantOf(): Promise<Plant> {
  const plant = plants[bug];
  if (plant) return plant;
  const servers = process.env["KUBUS_NATS_URL"] ?? "";
  const bus = await connect({ servers, prefix: "kubus", name: "planted", world: realWorld });
  try {
    if (bug === "lose the tail on failover") {
      await loseTail(bus);
      return (host) => host;
    }
    if (bug === "reuse a revision after a restart") return countAgain(await lastRevision(bus));
    throw new Error(`no bug is called ${bug}`);
  } finally {
    await bus.close();
  }
}

const plant = await plantOf();
const planted: Component<StoreConfig> = {
  name: "store",
  assemble(host, config) {
    const settings = settingsOf(config, host.bus.payloadMax);
    const changed =
      bug === "stale read of a deposed leader" ? leasesWithoutEnd(settings) : settings;
    const machine = storeMachine.provide(storeEffects(plant(host), changed));
    return { machine, input: undefined };
  },
};
await runProcess(planted);
