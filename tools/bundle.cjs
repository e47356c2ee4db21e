/**
 * Bundles the app's functions with the genuine @forge/bundler, offline, and lays the package out in
 * `dist/app` as Forge unpacks it: the bundle, and beside it the files of `app.package.extraFiles`.
 *
 * CommonJS, because @forge/bundler wants to be loaded by a main module (`require.main`).
 * Run: npm run bundle
 */
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parse } = require('yaml');

const APP_DIRECTORY = path.join(__dirname, '..');
const OUTPUT_DIRECTORY = path.join(APP_DIRECTORY, 'dist', 'app');

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

async function main() {
  process.chdir(APP_DIRECTORY);
  // The bundler adds the platform's own wrapper and loader to its output and would download them.
  // Neither takes part in what runs here, so empty ones stand in.
  process.env.FORGE_RUNTIME_PATH = emptyRuntime();
  const { getEntryPoints, getNodeBundler, getWrapperProvider } = require('@forge/bundler');
  const { FileSystemReader } = require('@forge/cli-shared');
  const manifest = parse(fs.readFileSync('manifest.yml', 'utf8'));

  const bundler = getNodeBundler(
    quietLogger(),
    getWrapperProvider({ fileSystemReader: new FileSystemReader() }),
    { readConfig: async () => manifest },
  );
  const modules = manifest.modules.function.map(({ handler }) => ({
    module: handler.split('.')[0],
  }));
  const startedAt = performance.now();
  const { outputDir } = await bundler.bundle({
    appDirectory: APP_DIRECTORY,
    entryPoints: getEntryPoints(modules),
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);

  fs.rmSync(OUTPUT_DIRECTORY, { recursive: true, force: true });
  fs.cpSync(outputDir, OUTPUT_DIRECTORY, { recursive: true });
  const extra = copyExtraFiles(manifest.app.package.extraFiles);
  const bundle = fs.statSync(path.join(OUTPUT_DIRECTORY, 'index.cjs')).size;
  console.log(
    `bundled in ${seconds} s: index.cjs ${megabytes(bundle)}, extra files ${megabytes(extra)}`,
  );
}

/** Copies what the patterns name, keeping paths; returns the bytes. Only `*` in the last part. */
function copyExtraFiles(patterns) {
  let bytes = 0;
  for (const pattern of patterns) {
    const directory = path.dirname(pattern);
    const [prefix, suffix] = path.basename(pattern).split('*');
    const names = fs
      .readdirSync(directory)
      .filter((name) => name.startsWith(prefix) && name.endsWith(suffix ?? ''));
    if (names.length === 0) throw new Error(`extraFiles: ${pattern} matches nothing`);
    fs.mkdirSync(path.join(OUTPUT_DIRECTORY, directory), { recursive: true });
    for (const name of names) {
      const source = path.join(directory, name);
      fs.copyFileSync(source, path.join(OUTPUT_DIRECTORY, source));
      bytes += fs.statSync(source).size;
    }
  }
  return bytes;
}

function emptyRuntime() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'forge-runtime-'));
  fs.mkdirSync(path.join(directory, 'dist'));
  for (const name of ['wrapper.js', 'loader.js']) {
    fs.writeFileSync(path.join(directory, 'dist', name), '// stands in for the platform\n');
  }
  return directory;
}

/** The bundler's own log, without its progress. */
function quietLogger() {
  const silent = () => undefined;
  const show = (message) => console.error(String(message));
  return { info: silent, debug: silent, trace: silent, warn: show, error: show };
}

function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(2)} MB`;
}
