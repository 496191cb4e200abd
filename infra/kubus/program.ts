/** The command line: names, options and their help. Each command's code is loaded when it runs. */
import { Command } from "commander";
import { storeCommands } from "./commands/store/program.ts";
import { dataOption, nameOption, outputOption } from "./commands/options.ts";

const description = "A Kubernetes control plane whose every component is an actor on NATS.";

export function program(): Command {
  const kubus = new Command("kubus").description(description).showHelpAfterError();
  const commands = [up, down, status, kubeconfig, actors, logs, storeCommands, decode, version];
  for (const add of commands) add(kubus);
  return kubus;
}

function up(kubus: Command): void {
  kubus
    .command("up")
    .description("start a cluster, and run it until Ctrl-C")
    .addOption(nameOption())
    .option("--nodes <count>", "number of nodes", "1")
    .option("--runtime <runtime>", "auto, simulated or docker", "auto")
    .addOption(dataOption())
    .option("--host <address>", "address that the API server listens on", "127.0.0.1")
    .option("--port <port>", "port of the API server; 0: any free one", "6443")
    .option("--kubeconfig <file>", "where to add the context ($KUBECONFIG, ~/.kube/config)")
    .option("--nats-url <url>", "use this NATS server or cluster ($NATS_URL)")
    .option("--service-cidr <cidr>", "service network (a part of 127.0.0.0/8)")
    .option("--detach", "return when the cluster runs")
    .option("--wait <duration>", "how long to wait for the nodes to be ready", "60s")
    .option("--separate", "one process for each component")
    .option("--only <components>", "just these, separated by commas")
    .optionsGroup("Layout (kept for the next start):")
    .option("--bus-servers <count>", "NATS servers: 1, or a cluster of 3 or 5 with as many copies")
    .option("--stores <count>", "stores: one leads, the others follow")
    .option("--apiservers <count>", "API servers behind the one address")
    .option("--replicas <count>", "copies of the store's data on your own servers (--nats-url)")
    .option("--store-history <duration>", "how long changes can be watched from (10m)")
    .option("--store-history-count <count>", "how many changes can be watched from (100000)")
    .action(async (options) => {
      const { up: run } = await import("./commands/up.ts");
      await run(options);
    });
}

function down(kubus: Command): void {
  kubus
    .command("down")
    .description("end a cluster; its objects stay unless purged")
    .addOption(nameOption())
    .addOption(dataOption())
    .option("--purge", "delete the cluster's folder too")
    .action(async (options) => (await import("./commands/down.ts")).down(options));
}

function status(kubus: Command): void {
  kubus
    .command("status")
    .description("whether a cluster runs and is well (exit code 0), is ill (1), is down (3)")
    .addOption(nameOption())
    .addOption(dataOption())
    .addOption(outputOption())
    .action(async (options) => (await import("./commands/status.ts")).status(options));
}

function kubeconfig(kubus: Command): void {
  kubus
    .command("kubeconfig")
    .description("print a kubeconfig for a cluster")
    .addOption(nameOption())
    .addOption(dataOption())
    .action(async (options) => (await import("./commands/kubeconfig.ts")).kubeconfig(options));
}

function actors(kubus: Command): void {
  kubus
    .command("actors [which]")
    .description(
      "every actor with its state and restarts; of kubelet, kubelet/NODE or pod/UID alone",
    )
    .addOption(nameOption())
    .addOption(dataOption())
    .addOption(outputOption())
    .action(async (which, options) =>
      (await import("./commands/actors.ts")).actors(which, options),
    );
}

function logs(kubus: Command): void {
  kubus
    .command("logs [actor]")
    .description("log lines of a component (scheduler, kubelet/kubus-node-1), or of all")
    .addOption(nameOption())
    .addOption(dataOption())
    .option("-f, --follow", "go on with what is written from now on")
    .option("-n, --tail <lines>", "only the last lines")
    .addOption(outputOption())
    .action(async (actor, options) => (await import("./commands/logs.ts")).logs(actor, options));
}

function decode(kubus: Command): void {
  kubus
    .command("decode")
    .description("protobuf on standard input becomes JSON on standard output")
    .option("--subject <subject>", "subject of the message ($NATS_SUBJECT)")
    .option("--pretty", "over several lines")
    .addHelpText(
      "after",
      "\nnats sub 'kubus.>' --translate 'npx kubus decode --subject {{Subject}}'",
    )
    .action(async (options) => (await import("./commands/decode.ts")).decode(options));
}

function version(kubus: Command): void {
  kubus
    .command("version")
    .description("versions of Kubus and of the Kubernetes that it speaks")
    .addOption(outputOption())
    .action(async (options) => (await import("./commands/version.ts")).version(options));
}
