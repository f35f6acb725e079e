import type { Command as Program } from 'commander';
import { durationMs, ManifestDuration } from '../../core/manifest/duration.ts';
import { UnknownVersionError } from '../../core/registry/errors.ts';
import { readInputHours } from '../../usecases/quality/count-inputs.ts';
import { describeQuality, talliesOfVersion, UnknownSegmentError } from '../../usecases/quality/describe-quality.ts';
import type { QualityView } from '../../usecases/quality/quality-view.ts';
import { readTallies } from '../../usecases/quality/read-tallies.ts';
import { rejectedTruths } from '../../usecases/quality/rejected-truths.ts';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { formatQuality } from '../output/quality.ts';
import { printable } from '../printable.ts';

const HOUR_MS = 3_600_000;

/** Shows how good a version was, by the truths of its predictions. */
export function addQuality(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('quality <model>')
    .description('how good a version was, by the truths of its predictions: metrics with intervals')
    .option('--version <n>', 'version (default: the champion)')
    .option('--segment <name>', 'a part of the predictions, such as carrier=UA')
    .option('--window <time>', 'how far back predictions are looked at, such as 24h or 28d', '7d')
    .action(async (model: string, own: { version?: string; segment?: string; window: string }) => {
      if (!ManifestDuration.safeParse(own.window).success)
        throw new UsageError(`--window is a time such as 24h or 7d, received '${own.window}'`);
      const asked = own.version === undefined ? undefined : parseVersionNumber(own.version);
      await withHome(io, options(), async (home, registry) => {
        const { champion, revision } = await registry.state(model);
        if (revision === 0) throw new UnknownVersionError(model);
        const version = asked ?? champion;
        if (version === null) throw new UsageError(`model ${model} has no champion: say which version, with --version`);
        const { manifest } = await registry.version(model, version);
        const now = home.clock.now().getTime();
        const from = new Date(Math.floor((now - durationMs(own.window)) / HOUR_MS) * HOUR_MS);
        const to = new Date((Math.floor(now / HOUR_MS) + 1) * HOUR_MS);
        const unreadable: QualityView['unreadable'] = [];
        const hours = await readTallies(home, {
          model,
          from,
          to,
          unreadable: (hour, { message }) => unreadable.push({ hour, reason: message }),
        });
        const { unknown } = await rejectedTruths(home, model, from);
        const inputs = await readInputHours(home, { model, version, from, to });
        const view = described(() =>
          describeQuality(talliesOfVersion(hours, version), {
            model,
            version,
            manifest,
            from,
            to,
            segment: own.segment,
            champion: champion === null || champion === version ? undefined : talliesOfVersion(hours, champion),
            unknownTruths: unknown?.count ?? 0,
            unreadable,
            inputs,
          }),
        );
        print(io, options(), view, formatQuality);
      });
    });
}

function described<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UnknownSegmentError)) throw error;
    const { message } = new UnknownSegmentError(printable(error.segment), printable(error.segments));
    throw new UsageError(message);
  }
}
