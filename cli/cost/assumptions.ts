/** What nobody knows before it has run: measured elsewhere, or said. Each is printed where it is used. */
export const ASSUMED = {
  /** A month, 730 hours. */
  monthSeconds: 2_628_000,
  /** How often the endpoint reads the release again while it is asked; seconds. */
  refreshSeconds: 2,
  /** Read units of one look at a model's release: its last entry, at most 4 kB, strongly consistent. */
  readUnits: 1,
  /** Duration of a run of the scheduled functions; milliseconds. */
  runMs: { advance: 300, 'ground-truth': 500, drift: 3_000, replay: 400 } as Readonly<Record<string, number>>,
  /** Bytes of Lambda's own three lines about a run, and of the API's access log about a request. */
  runLogBytes: 310,
  accessLogBytes: 190,
  /** CloudWatch counts so many bytes more an event. */
  eventBytes: 26,
  /** Bytes of an answer, with its headers, of one row; each further row adds a fifth. */
  answerBytes: 600,
  /** Metrics of data files over all of them, and of each dataset; one dataset a model. */
  fileMetrics: 4,
  datasetMetrics: 1,
  /** Metrics of the judge: of each model, and over all of them. */
  judgeMetrics: 1,
  judgeEnvironmentMetrics: 2,
  /** Detailed metrics of a route of the API that is called; one is taken to be. */
  routeMetrics: 6,
  /** A delivery a minute, at most. */
  deliveriesAMonth: 43_800,
  /** How long captures are kept; months. */
  captureMonths: 3,
  /** Judging a gigabyte of CSV on 2,048 MB (1.16 virtual CPUs); seconds. */
  secondsPerGb: 100,
  /** Size of a dropped file; gigabytes. */
  fileGb: 0.1,
  /** Objects written and read for one: the dataset version, its profile and manifest, quarantine and reports. */
  fileWrites: 8,
  fileReads: 8,
  /** A dataset version as Parquet, against the CSV it came from. */
  parquetShare: 0.3,
  /** The queue's pollers, each of which waits up to 20 s for a message. */
  pollers: 5,
  pollSeconds: 20,
} as const;
