/** Configuration that all controllers share. */
export interface ControllersConfig {
  /**
   * Which controllers run, as kube-controller-manager's --controllers: `*` is all, `-name` not that
   * one. Default all.
   */
  readonly controllers?: readonly string[];
  /** Seconds without a sign of life after which a node counts as lost. Default 50. */
  readonly nodeMonitorGracePeriodSeconds?: number;
  /** PEM of the cluster's root certificate; without it none is published. */
  readonly rootCa?: string;
}
