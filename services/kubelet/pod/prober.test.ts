import { expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { realWorld, type World } from "#libs/actor/world.ts";
import type { Container } from "#proto/gen/k8s/core/v1.ts";
import type { ProbeResult, ProbeTarget, Runtime, RuntimeContainer } from "../runtime.ts";
import { container, podOf, running, sandbox, viewOf } from "./example.ts";
import { Prober } from "./prober.ts";

const probe = { exec: { command: ["true"] }, periodSeconds: 5 };

/** A prober whose questions the test answers, in a time that the test makes pass. */
function start(own: Container) {
  const clock = new SimulatedClock();
  const after = (milliseconds: number, callback: () => void) => {
    const id = clock.setTimeout(callback, milliseconds);
    return () => clock.clearTimeout(id);
  };
  const every = (milliseconds: number, callback: () => void) => {
    let cancel: () => void = () => undefined;
    const again = () => {
      cancel = after(milliseconds, () => {
        again();
        callback();
      });
    };
    again();
    return () => cancel();
  };
  const world: World = { ...realWorld, after, every };
  const asked: ProbeTarget[] = [];
  const pending: PromiseWithResolvers<ProbeResult>[] = [];
  const told: string[] = [];
  const runtime = {
    probe(target: ProbeTarget) {
      asked.push(target);
      const answer = Promise.withResolvers<ProbeResult>();
      pending.push(answer);
      return answer.promise;
    },
  } as unknown as Runtime;
  const prober = new Prober({
    world,
    runtime,
    onChange: () => told.push("change"),
    onFailure: (_, kind, { output }) => told.push(`${kind}: ${output}`),
  });
  const follow = (...containers: RuntimeContainer[]) =>
    prober.follow(viewOf(podOf({ containers: [container("main", own)] }), sandbox(containers)));
  const answer = async (outcome: ProbeResult | Error) => {
    const next = pending.shift();
    if (outcome instanceof Error) next?.reject(outcome);
    else next?.resolve(outcome);
    await new Promise(setImmediate);
  };
  const pass = (seconds: number) => clock.increment(seconds * 1_000);
  return { prober, follow, answer, asked, told, pass, state: () => prober.states().get("main") };
}

const good = { ok: true, output: "" };
const bad = { ok: false, output: "no" };

test("asks after the delay, then again and again", async () => {
  const run = start({ readinessProbe: { ...probe, initialDelaySeconds: 3 } });
  run.follow(running("main"));
  run.pass(2);
  expect(run.asked).toHaveLength(0);
  run.pass(1);
  expect(run.asked).toMatchObject([{ id: "run://main-0", podIp: "10.0.0.2" }]);
  await run.answer(good);
  expect(run.state()).toMatchObject({ ready: true });
  run.pass(5);
  expect(run.asked).toHaveLength(2);
  expect(run.told).toEqual(["change"]);
});

test("does not ask again before it has an answer", async () => {
  const run = start({ livenessProbe: probe });
  run.follow(running("main"));
  run.pass(0);
  run.pass(5);
  run.pass(5);
  expect(run.asked).toHaveLength(1);
  await run.answer(good);
  run.pass(5);
  expect(run.asked).toHaveLength(2);
});

test("tells every failure, and a change once", async () => {
  const run = start({ livenessProbe: { ...probe, failureThreshold: 2 } });
  run.follow(running("main"));
  run.pass(0);
  await run.answer(bad);
  run.pass(5);
  await run.answer(new Error("out of reach"));
  expect(run.told).toEqual(["liveness: no", "liveness: out of reach", "change"]);
  expect(run.state()?.unhealthy).toBe("liveness");
});

test("the others wait for the startup probe", async () => {
  const run = start({ startupProbe: probe, livenessProbe: probe });
  run.follow(running("main"));
  run.pass(0);
  expect(run.asked).toHaveLength(1);
  await run.answer(good);
  run.pass(5);
  // The startup probe has said what it had to say.
  expect(run.asked).toHaveLength(2);
});

test("a container that was started again begins anew", async () => {
  const run = start({ readinessProbe: probe });
  run.follow(running("main"));
  run.pass(0);
  await run.answer(good);
  run.follow(running("main", 1));
  expect(run.state()).toMatchObject({ ready: false });
  run.pass(0);
  expect(run.asked.at(-1)?.id).toBe("run://main-1");
});

test("an answer about a container that ended counts for nothing", async () => {
  const run = start({ readinessProbe: probe });
  run.follow(running("main"));
  run.pass(0);
  run.follow(running("main", 1));
  await run.answer(good);
  expect(run.state()).toMatchObject({ ready: false });
  expect(run.told).toEqual([]);
});

test.each<[string, (run: ReturnType<typeof start>) => void]>([
  ["is stopped", (run) => run.prober.stop()],
  ["has no container to ask", (run) => run.follow()],
])("asks nobody when it %s", (_, end) => {
  const run = start({ livenessProbe: probe });
  run.follow(running("main"));
  end(run);
  run.pass(60);
  expect(run.asked).toHaveLength(0);
  expect(run.state()).toBeUndefined();
});

test("a runtime that cannot be asked has no states", () => {
  const prober = new Prober({
    world: realWorld,
    runtime: {} as Runtime,
    onChange: () => undefined,
    onFailure: () => undefined,
  });
  const pod = podOf({ containers: [container("main", { livenessProbe: probe })] });
  prober.follow(viewOf(pod, sandbox([running("main")])));
  expect(prober.states().size).toBe(0);
});
