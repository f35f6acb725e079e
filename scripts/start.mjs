// `npm start`: installs what is missing, then tells the story once and goes on serving (see demo/).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureInstalled, root } from './lib/ensure-installed.mjs';

ensureInstalled();
const demo = path.join(root, 'demo', 'main.ts');
const child = spawn(process.execPath, ['--import', 'tsx', demo, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
