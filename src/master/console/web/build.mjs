// Makes the web console: node build.mjs [FOLDER]; without a folder, what is committed in ../dist. The same sources and the same
// package-lock.json give the same bytes.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { build } from 'esbuild';

const out = process.argv[2] ?? '../dist';
const read = (file) => readFileSync(file);
const named = (name, content) => {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  return `${basename(name, extname(name))}-${hash}${extname(name)}`;
};

const licences = ['preact', 'uplot']
  .map((name) => {
    const { version } = JSON.parse(read(`node_modules/${name}/package.json`).toString());
    return `${name} ${version}\n\n${read(`node_modules/${name}/LICENSE`).toString().trim()}\n`;
  })
  .join('\n----\n\n');

const files = new Map();
const add = (name, content) => {
  const under = named(name, content);
  files.set(under, content);
  return under;
};
const licencesName = add('licences.txt', licences);
const icon = add('icon.svg', read('src/icon.svg'));
const built = await build({
  entryPoints: ['src/main.tsx'],
  bundle: true,
  minify: true,
  write: false,
  outdir: 'out',
  format: 'esm',
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'none',
  define: { PAI_LICENCES: JSON.stringify(`/console/${licencesName}`) },
});
const content = (ending) => built.outputFiles.find((file) => file.path.endsWith(ending)).contents;
const js = add('app.js', content('.js'));
const css = add('app.css', content('.css'));
const page = read('src/index.html').toString().replace('@icon@', icon).replace('@css@', css).replace('@js@', js);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(out, name), bytes);
writeFileSync(join(out, 'index.html'), page);
