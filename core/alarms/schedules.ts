/** How often the functions run whose metrics alarms look at, seconds. Their triggers read it from here. */
export interface ProducerSchedules {
  /** The join of truths: `PredictionError`. */
  readonly groundTruth: number;
  /** The look at drift: `Drift`. */
  readonly drift: number;
  /** The judge: `NeedsPerson` and `JudgeHeartbeat`. */
  readonly judge: number;
}

export const SCHEDULES: ProducerSchedules = { groundTruth: 60, drift: 3_600, judge: 60 };
