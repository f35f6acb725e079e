import type { Price } from './cost-view.ts';

/** What is paid for, at the list price of the first tier, without free tiers and without taxes. */
export interface Prices {
  readonly lambdaRequests: Price;
  readonly lambdaX64: Price;
  readonly lambdaArm64: Price;
  /** Keeping an execution ready. */
  readonly provisionedX64: Price;
  readonly provisionedArm64: Price;
  /** Running on one that was kept ready. */
  readonly onProvisionedX64: Price;
  readonly onProvisionedArm64: Price;
  /** Temporary folder beyond 512 MB. */
  readonly lambdaStorage: Price;
  readonly httpRequests: Price;
  readonly dataOut: Price;
  readonly logIngestion: Price;
  readonly logStorage: Price;
  readonly customMetrics: Price;
  readonly metricsRead: Price;
  readonly alarms: Price;
  readonly alarmsHighResolution: Price;
  readonly dashboards: Price;
  readonly deliveryStream: Price;
  readonly s3Storage: Price;
  readonly s3Writes: Price;
  readonly s3Reads: Price;
  readonly tableReads: Price;
  readonly tableWrites: Price;
  readonly queueRequests: Price;
  readonly events: Price;
  readonly schedules: Price;
  readonly keys: Price;
  readonly secrets: Price;
}

export interface PriceList {
  readonly region: string;
  /** When the pages of the services said so. */
  readonly asOf: string;
  /** Those pages. */
  readonly sources: readonly string[];
  readonly prices: Prices;
}

const usd = (amount: number, unit: string, per = 1): Price => ({ usd: amount, per, unit });
const MILLION = 1_000_000;

const LAMBDA = {
  lambdaRequests: usd(0.2, 'requests', MILLION),
  lambdaX64: usd(0.0000166667, 'GB-s'),
  lambdaArm64: usd(0.0000133334, 'GB-s'),
  provisionedX64: usd(0.0000041667, 'GB-s'),
  provisionedArm64: usd(0.0000033334, 'GB-s'),
  onProvisionedX64: usd(0.0000097222, 'GB-s'),
  onProvisionedArm64: usd(0.0000077778, 'GB-s'),
  lambdaStorage: usd(0.0000000309, 'GB-s'),
};

/** The same in every region that is listed here. */
const EVERYWHERE = {
  ...LAMBDA,
  dataOut: usd(0.09, 'GB'),
  customMetrics: usd(0.3, 'metrics'),
  metricsRead: usd(0.01, 'metrics', 1_000),
  alarms: usd(0.1, 'alarms'),
  alarmsHighResolution: usd(0.3, 'alarms'),
  dashboards: usd(3, 'dashboards'),
  queueRequests: usd(0.4, 'requests', MILLION),
  events: usd(1, 'events', MILLION),
  schedules: usd(1, 'runs', MILLION),
  keys: usd(1, 'keys'),
  secrets: usd(0.4, 'secrets'),
};

const SOURCES = [
  'lambda',
  'api-gateway',
  'cloudwatch',
  'firehose',
  's3',
  'dynamodb/on-demand',
  'sqs',
  'eventbridge',
  'kms',
  'secrets-manager',
].map((service) => {
  const [name, ...rest] = service.split('/');
  return `https://aws.amazon.com/${[name, 'pricing', ...rest].join('/')}/`;
});

/**
 * List prices, by region. They are data: nothing here asks AWS, and no test can hold them to it. Check them on the pages
 * that they are from before you rely on them.
 */
export const PRICE_LISTS: readonly PriceList[] = [
  {
    region: 'us-east-1',
    asOf: '2025-11',
    sources: SOURCES,
    prices: {
      ...EVERYWHERE,
      httpRequests: usd(1, 'requests', MILLION),
      logIngestion: usd(0.5, 'GB'),
      logStorage: usd(0.03, 'GB-months'),
      deliveryStream: usd(0.029, 'GB'),
      s3Storage: usd(0.023, 'GB-months'),
      s3Writes: usd(0.005, 'requests', 1_000),
      s3Reads: usd(0.0004, 'requests', 1_000),
      tableReads: usd(0.125, 'read units', MILLION),
      tableWrites: usd(0.625, 'write units', MILLION),
    },
  },
  {
    region: 'eu-central-1',
    asOf: '2025-11',
    sources: SOURCES,
    prices: {
      ...EVERYWHERE,
      httpRequests: usd(1.2, 'requests', MILLION),
      logIngestion: usd(0.63, 'GB'),
      logStorage: usd(0.0324, 'GB-months'),
      deliveryStream: usd(0.033, 'GB'),
      s3Storage: usd(0.0245, 'GB-months'),
      s3Writes: usd(0.0054, 'requests', 1_000),
      s3Reads: usd(0.00043, 'requests', 1_000),
      tableReads: usd(0.1525, 'read units', MILLION),
      tableWrites: usd(0.7625, 'write units', MILLION),
    },
  },
];

/** The list of a region; where there is none, that of us-east-1, which says its own name. */
export const priceList = (region: string | undefined): PriceList =>
  PRICE_LISTS.find((list) => list.region === region) ?? PRICE_LISTS[0]!;
