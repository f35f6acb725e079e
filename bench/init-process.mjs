// The command line, and what it took, as the last line of standard error.
const from = performance.now();
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const peakMb = process.resourceUsage().maxRSS / 1024;
  console.error(JSON.stringify({ ms: performance.now() - from, cpuMs: (user + system) / 1_000, peakMb }));
});
await import('../bin/trimtab.mjs');
