import { openLocalHome } from '../platform/local/home.ts';
import { joinGroundTruth } from '../usecases/ground-truth/join-ground-truth.ts';

/** Joins what has arrived in a home, and prints how long that took and how much memory it had at most. */
const [folder, now] = process.argv.slice(2);
const home = await openLocalHome(folder!, { now: () => new Date(now!) });
const start = performance.now();
const summary = await joinGroundTruth(home, home.clock.now());
const ms = performance.now() - start;
await home.close();
process.stdout.write(JSON.stringify({ summary, ms, peakMb: process.resourceUsage().maxRSS / 1024 }));
