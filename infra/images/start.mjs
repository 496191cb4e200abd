/** What a service's container runs: the service that its image was built for. */
const { SERVICE } = process.env;
process.argv[1] = `/app/services/${SERVICE}/main.ts`;
await import(`/app/services/${SERVICE}/main.ts`);
