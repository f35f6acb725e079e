import { buildFunctions, buildLayers } from '../../scripts/build/functions.ts';

/** Builds what the constructs deploy, before the first test: tests run side by side, and one must not see half a build. */
export async function setup(): Promise<void> {
  await buildFunctions();
  await buildLayers('x64');
}
