import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { leanMiddy } from '../../../scripts/build/esbuild-middy-plugin.ts';

async function bundleOf(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: path.resolve(), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    plugins: [leanMiddy],
  });
  return outputFiles[0]!.text;
}

/** What a bundle gives whoever requires it. */
function loaded(text: string): Record<string, unknown> {
  const module = { exports: {} };
  new Function('module', 'require', text)(module, createRequire(import.meta.url));
  return module.exports;
}

describe('leanMiddy', () => {
  it('leaves the streams of the web out of Middy, which answers as before', async () => {
    const text = await bundleOf(
      "import middy from '@middy/core'; export const handler = middy().before((r) => { r.event += 1; }).handler(async (event) => event * 2);",
    );
    expect(text).toContain('node:stream/promises');
    expect(text).not.toMatch(/require\(.node:stream\/web/);
    const { handler } = loaded(text) as { handler: (event: number, context: object) => Promise<number> };
    await expect(handler(20, {})).resolves.toBe(42);
  });

  it('leaves them to whoever else asks for them', async () => {
    const text = await bundleOf("export { ReadableStream } from 'node:stream/web';");
    expect(loaded(text).ReadableStream).toBe(ReadableStream);
  });
});
