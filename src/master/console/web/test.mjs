// Runs the tests of the logic without a browser: node test.mjs
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const out = mkdtempSync(join(process.cwd(), '.test-'));
try {
  const tests = readdirSync('test').filter((name) => name.endsWith('_test.ts'));
  await build({ entryPoints: tests.map((name) => join('test', name)), bundle: true, platform: 'node', format: 'esm', outdir: out, outExtension: { '.js': '.mjs' }, loader: { '.css': 'empty' } });
  const ran = spawnSync(process.execPath, ['--test', ...tests.map((name) => join(out, name.replace(/\.ts$/, '.mjs')))], { stdio: 'inherit' });
  process.exitCode = ran.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
