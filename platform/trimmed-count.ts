const TRIMMED_COUNT = /^TC\((\d+(?:\.\d+)?):\)$/;

/** The limit of CloudWatch's statistic `TC(x:)`, which counts samples above x; undefined of any other statistic. */
export function limitOf(statistic: string): number | undefined {
  const limit = TRIMMED_COUNT.exec(statistic)?.[1];
  return limit === undefined ? undefined : Number(limit);
}
