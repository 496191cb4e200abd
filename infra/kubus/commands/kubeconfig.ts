/** `kubus kubeconfig`: prints what a client needs, for a cluster that runs or did. */
import { readAccess, type WhichCluster } from "../access.ts";
import { readRecord } from "../data.ts";
import { kubeconfigText } from "../kubeconfig/file.ts";
import { dataFolder } from "../options.ts";

export async function kubeconfig({ name, data }: WhichCluster): Promise<void> {
  const folder = dataFolder(name, data, process.env);
  const record = await readRecord(folder);
  if (!record) throw new Error(`there is no cluster ${name} (${folder}); start it with kubus up`);
  process.stdout.write(kubeconfigText(await readAccess(folder, record)));
}
