/** `kubus store …`: names, options and their help. */
import { type Command, Option } from "commander";
import { dataOption, nameOption, outputOption } from "../options.ts";

const natsOption = [
  "--nats-url <url>",
  "the cluster's data is on this server of your own",
] as const;

export function storeCommands(kubus: Command): void {
  const store = kubus
    .command("store")
    .description("check, back up, restore, export and import what the store keeps");
  for (const add of [verify, snapshot, exportCommand, importCommand]) add(store);
}

function verify(store: Command): void {
  store
    .command("verify")
    .description("read log, snapshots and acknowledged head; exit code 1 when anything is damaged")
    .addOption(nameOption())
    .addOption(dataOption())
    .option(...natsOption)
    .addOption(outputOption())
    .addHelpText("after", "\nThe cluster may run or be down. Nothing is changed.")
    .action(async (options) => (await import("./verify.ts")).verify(options));
}

function snapshot(store: Command): void {
  const group = store.command("snapshot").description("the store in one file, and back");
  for (const add of [save, restore, status]) add(group);
}

function exportCommand(store: Command): void {
  store
    .command("export [file]")
    .description("write the objects that are kept, as YAML or JSON, to a file or standard output")
    .addOption(nameOption())
    .addOption(dataOption())
    .option(...natsOption)
    .option("--from <backup>", "read a backup (kubus store snapshot save) instead of a cluster")
    .addOption(
      new Option("--format <format>", "YAML documents, or JSON, one object a line")
        .choices(["yaml", "jsonl"])
        .default("yaml"),
    )
    .option("--resources <names>", "just these, separated by commas: pods,deployments.apps")
    .option("-n, --namespace <name>", "just what is in this namespace")
    .option("--with-secrets", "secrets too; else they are left out")
    .option("--force", "replace the file when it is there")
    .addHelpText(
      "after",
      "\nAll objects are of one revision, without managedFields. The cluster may run or be\n" +
        "down. What others need comes first, so that kubectl apply -f takes the file too.",
    )
    .action(async (file, options) => (await import("./export.ts")).exportObjects(file, options));
}

function importCommand(store: Command): void {
  store
    .command("import <file>")
    .description("make exported objects again in a cluster that runs")
    .addOption(nameOption())
    .addOption(dataOption())
    .option("--replace", "objects that are there become what the file says")
    .option("--dry-run", "change nothing, only tell what would happen")
    .addHelpText("after", importRules)
    .action(async (file, options) => (await import("./import.ts")).importObjects(file, options));
}

const importRules = `
Names, labels, annotations, specs and data are kept. Uids, resourceVersions, times and status are
made anew; owners are found by their new uids. Services get new cluster IPs (headless ones stay so),
pods are scheduled again. Left out is what the cluster makes by itself: nodes, leases, events,
addresses, tokens, and whatever a controller owns (the pods of a replica set). Objects that are
there stay as they are unless --replace is given.`;

function save(group: Command): void {
  group
    .command("save <file>")
    .description("back the store up, at one revision, into one checksummed file")
    .addOption(nameOption())
    .addOption(dataOption())
    .option(...natsOption)
    .option("--force", "replace the file when it is there")
    .option("--up-to-damage", "save a damaged log up to its damage, instead of refusing")
    .addHelpText(
      "after",
      "\nThe cluster may run (it goes on meanwhile) or be down. Secrets are in the file; the\n" +
        "cluster's keys and certificates (DATA/pki) are not.",
    )
    .action(async (file, options) => (await import("./snapshot.ts")).save(file, options));
}

function restore(group: Command): void {
  group
    .command("restore <file>")
    .description("put a backup into a cluster that is down, or into a new folder")
    .addOption(nameOption())
    .addOption(dataOption())
    .option(...natsOption)
    .option("--force", "delete the store that is there")
    .option("--bump-revision <count>", "raise the revision by so much", "1000000000")
    .option("--bus-servers <count>", "NATS servers of a new folder: 1, 3 or 5")
    .option("--replicas <count>", "copies on your own servers (--nats-url)")
    .addHelpText(
      "after",
      "\nThe revision is raised so that clients which saw what came after the backup are told\n" +
        "to list again (410 Gone), instead of watching on from a past that never happened.\n" +
        "Then start the cluster with kubus up.",
    )
    .action(async (file, options) => (await import("./snapshot.ts")).restore(file, options));
}

function status(group: Command): void {
  group
    .command("status <file>")
    .description("what is in a backup; exit code 1, with the place, when it is damaged")
    .addOption(outputOption())
    .action(async (file, options) => (await import("./snapshot.ts")).status(file, options));
}
