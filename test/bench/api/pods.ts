/** Pods of 2.7 KB, as controllers of real clusters make them. */

export const namespace = "bench";

const environment = Array.from({ length: 24 }, (_, index) => ({
  name: `SERVICE_SETTING_${index}`,
  value: `value-of-setting-${index}.bench.svc.cluster.local`,
}));

const probe = (path: string) => ({
  httpGet: { path, port: 8080, scheme: "HTTP" },
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
});

export const podText = (name: string, group: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "bench", group }, annotations: { "bench/note": "a pod" } },
    spec: {
      serviceAccountName: "default",
      automountServiceAccountToken: false,
      nodeSelector: { "bench/absent": "true" },
      containers: [
        {
          name: "main",
          image: "registry.example/bench/main:1.0",
          env: environment,
          ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
          resources: {
            requests: { cpu: "100m", memory: "128Mi" },
            limits: { cpu: "500m", memory: "256Mi" },
          },
          livenessProbe: probe("/healthz"),
          readinessProbe: probe("/readyz"),
          volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
        },
      ],
      volumes: [{ name: "scratch", emptyDir: {} }],
    },
  });

export const pods = `/api/v1/namespaces/${namespace}/pods`;
