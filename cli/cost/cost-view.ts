import * as z from 'zod';

const Usd = z.number().min(0);

/** A price of so many dollars for so many units. */
export const Price = z.strictObject({
  usd: Usd.describe('US dollars.'),
  per: z.number().positive().describe('For so many units.'),
  unit: z.string().describe('The unit.'),
});
export type Price = z.infer<typeof Price>;

/** One line of the arithmetic: quantity × price = amount. */
export const Line = z.strictObject({
  what: z.string().describe('What is paid for.'),
  quantity: z.number().min(0).describe('How much of it, in the unit of the price.'),
  price: Price.describe('The list price.'),
  amount: Usd.describe('US dollars a month.'),
  because: z.string().describe('Where the quantity comes from.'),
});
export type Line = z.infer<typeof Line>;

/** Lines that belong together. */
export const Group = z.strictObject({
  title: z.string().describe('What they are about.'),
  lines: z.array(Line).describe('Lines of nothing are left out.'),
  total: Usd.describe('US dollars a month.'),
});
export type Group = z.infer<typeof Group>;

const Count = z.int().min(0);

/** A model of a deployment, as far as it costs. */
export const CostedModel = z.strictObject({
  name: z.string().describe('Name of the model.'),
  alarms: Count.describe('Alarms with periods of a minute and more.'),
  alarmsHighResolution: Count.describe('Alarms with shorter periods.'),
  judgedAlarms: Count.describe('Alarms of the champion: their metrics are read again by the judge every minute.'),
  series: Count.describe('Series of its metrics: each by variant, by version or both.'),
  captureShare: z.number().min(0).max(1).describe('Share of the predictions that are captured.'),
  metricBytes: Count.describe('Bytes of the metric line of a request.'),
  captureBytes: z.int().describe('Bytes of the capture of a request, without its rows.'),
  captureRowBytes: Count.describe('Bytes of each row of a capture.'),
});
export type CostedModel = z.infer<typeof CostedModel>;

/** A deployment, as far as it costs. */
export const CostedDeployment = z.strictObject({
  region: z.string().nullable().describe('Region of the configuration; null: that of whoever deploys.'),
  architecture: z.enum(['x64', 'arm64']).describe('Processors of the functions.'),
  memoryMb: Count.describe('Memory of the inference function.'),
  temporaryMb: Count.describe('Its temporary folder.'),
  provisioned: Count.describe('Executions that are kept ready all month.'),
  validation: z
    .strictObject({
      memoryMb: Count.describe('Its memory.'),
      temporaryMb: Count.describe('Its temporary folder.'),
    })
    .describe('The function that validates data files.'),
  schedules: z
    .array(
      z.strictObject({
        name: z.string().describe('Name of the function.'),
        memoryMb: Count.describe('Its memory.'),
        temporaryMb: Count.describe('Its temporary folder.'),
        everySeconds: z.number().positive().describe('How often it runs.'),
      }),
    )
    .describe('Functions that run by the clock.'),
  alarms: Count.describe('Alarms of the machinery itself.'),
  dashboards: Count.describe('Dashboards besides one a model.'),
  keys: Count.describe('Encryption keys.'),
  secrets: Count.describe('Secrets.'),
  uncounted: z.array(z.string()).describe('What the configuration has besides, and is not counted.'),
  models: z.array(CostedModel).describe('The models.'),
});
export type CostedDeployment = z.infer<typeof CostedDeployment>;

/** What comes in, in a month. */
export const Volume = z.strictObject({
  predictions: z.number().min(0).describe('Rows predicted, over all models.'),
  rowsPerRequest: z.number().min(1).describe('Rows of a request.'),
  latencyMs: z.number().min(1).describe('Billed duration of a request.'),
  gigabytes: z.number().min(0).describe('Gigabytes of data files.'),
});
export type Volume = z.infer<typeof Volume>;

/** What a deployment costs in a month, on paper. */
export const CostView = z.strictObject({
  region: z.string().describe('Region whose list prices are used.'),
  asOf: z.string().describe('Month of the prices.'),
  sources: z.array(z.url()).describe('Pages that the prices are from.'),
  volume: Volume.describe('What is taken to come in, in a month.'),
  deployment: CostedDeployment.describe('What is deployed.'),
  groups: z.array(Group).describe('The arithmetic.'),
  total: Usd.describe('US dollars a month.'),
});
export type CostView = z.infer<typeof CostView>;
