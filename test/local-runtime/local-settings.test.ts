import { describe, expect, it } from 'vitest';
import { localSettings } from '../../local-runtime/local-settings.ts';

describe('Settings of the local runtime', () => {
  it('leave out, and name, variables of serve that it has no flag for', () => {
    const logged: string[] = [];
    const env = {
      TRIMTAB_SERVE_TOKENS: 'tokens.json',
      TRIMTAB_SERVE_TLS_CERT: 'server.pem',
      TRIMTAB_SERVE_HOST: '0.0.0.0',
      TRIMTAB_SERVE_PROCESSES: '4',
      TRIMTAB_SERVE_RUN_TIMEOUT: '7',
    };
    const settings = localSettings({ port: 0 }, env, (line) => logged.push(line));
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 0, processes: 1, runTimeout: 7, refresh: 1 });
    expect([settings.tokens, settings.tlsCert]).toEqual([undefined, undefined]);
    expect(logged).toEqual([
      'TRIMTAB_SERVE_PROCESSES, TRIMTAB_SERVE_HOST, TRIMTAB_SERVE_TOKENS, TRIMTAB_SERVE_TLS_CERT: for `trimtab serve` alone, and left out here',
    ]);
  });

  it('are refused by their names as ever', () => {
    expect(() => localSettings({}, { TRIMTAB_SERVE_NOTHING: '1' }, () => undefined)).toThrow('is no setting');
  });
});
