/** The bundle as the Forge bundler made it, driven through its handlers in a process of its own. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/project-files';

const APP = join(ROOT, 'dist', 'app');
const BUNDLE = join(APP, 'index.cjs');
const isMissing = !existsSync(BUNDLE);

interface BundleRun {
  requireMs: number;
  searchMs: number;
  peakRssMb: number;
  providerCalls: number;
  /** Of them, those before the job was confirmed. */
  callsBefore: number;
  triggerErrors: number;
  readUnits: number;
  roundTrips: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of each answer.
  answers: Record<string, any>;
  keysLeft: number;
}

async function runBundle(embedder: string): Promise<BundleRun> {
  const loader = `file://${join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')}`;
  const script = join(ROOT, 'test', 'bundle', 'run-bundle.ts');
  const command = ['--import', loader, script, embedder];
  // Away from the project, so that only what the package carries can be found.
  const unpacked = await mkdtemp(join(tmpdir(), 'groundwork-app-'));
  await cp(APP, unpacked, { recursive: true });
  const run = promisify(execFile)(process.execPath, command, { cwd: unpacked });
  const { stdout } = await run.finally(() => rm(unpacked, { recursive: true }));
  // The app's own log comes before; the last line is what the script has to say.
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as BundleRun;
}

const rows: Record<string, Record<string, number>> = {};

describe.skipIf(isMissing).each(['builtin', 'openai'])(
  `the bundle with %s${isMissing ? ' (skipped: run npm run bundle first)' : ''}`,
  (embedder) => {
    let run: BundleRun;
    beforeAll(async () => {
      run = await runBundle(embedder);
      const { requireMs, searchMs, peakRssMb, readUnits, roundTrips } = run;
      const bundleKb = Math.round(statSync(BUNDLE).size / 1024);
      rows[embedder] = { bundleKb, requireMs, peakRssMb, searchMs, readUnits, roundTrips };
    });

    it('indexes what can be taken and refuses the rest by name and code', () => {
      const { created, staged, started, confirmed, progress, libraries } = run.answers;
      for (const { ok } of [created, staged, started, confirmed]) expect(ok).toBe(true);
      expect(progress).toMatchObject({
        ok: true,
        result: {
          ...{ library: 'rules', state: 'done', generation: 1 },
          documents: { total: 3, indexed: 2, unchanged: 0, refused: 1 },
          refused: [{ document: 'scan.md', code: 'document_binary' }],
        },
      });
      expect(libraries.result).toMatchObject({
        libraries: [{ name: 'rules', embedder, documents: 2, needsReindex: null }],
      });
    });

    it('says what it will cost, and asks no provider before that is agreed to', () => {
      const { planned } = run.answers;
      expect(planned.result).toMatchObject({
        state: 'planned',
        estimate: { documents: 3, chunksToEmbed: 2 },
      });
      expect(run.callsBefore).toBe(0);
    });

    it('answers its scheduled triggers', () => {
      expect(run.triggerErrors).toBe(0);
    });

    it('finds the passage that answers, in at most four round trips', () => {
      const { search } = run.answers;
      expect(search).toMatchObject({
        ok: true,
        result: { hits: [{ rank: 1, document: 'release.md', library: 'rules' }] },
      });
      expect(search.result.hits[0].text).toContain('two reviewers');
      expect(run.roundTrips).toBeGreaterThan(0);
      expect(run.roundTrips).toBeLessThanOrEqual(4);
    });

    it('builds the prompt section of all that so small a library has, with citations', () => {
      const { ok, result } = run.answers['section'];
      expect({ ok, applies: result?.applies }).toEqual({ ok: true, applies: true });
      expect(result.text).toContain('[1] rules › lunch.md › Canteen');
      expect(result.text).toContain('[2] rules › release.md › Release rules');
    });

    it('refuses those who may not', () => {
      const codeOf = (name: string) => run.answers[name].error?.code;
      expect(codeOf('refusedJob')).toBe('not_permitted');
      expect(codeOf('foreignSearch')).toBe('project_unknown');
      expect(codeOf('foreignSection')).toBe('issue_unknown');
    });

    it('shows nothing to another installation', () => {
      const expected = { ok: true, result: { applies: false, hits: [], notes: [] } };
      expect(run.answers['otherInstallation']).toEqual(expected);
    });

    it('deletes to the last key', () => {
      expect(run.answers['removed']).toMatchObject({ ok: true, result: { libraries: 1 } });
      expect(run.keysLeft).toBe(0);
    });

    it('asks the provider only when it is the one chosen', () => {
      if (embedder === 'builtin') expect(run.providerCalls).toBe(0);
      else expect(run.providerCalls).toBeGreaterThan(0);
    });

    it('fits the memory that manifest.yml asks for', () => {
      const manifest = readFileSync(join(ROOT, 'manifest.yml'), 'utf8');
      const memoryMb = Number(/memoryMB: (\d+)/.exec(manifest)?.[1]);
      expect(memoryMb).toBeGreaterThan(0);
      expect(run.peakRssMb).toBeLessThan(memoryMb);
    });
  },
);

afterAll(() => {
  if (isMissing) console.log('dist/app/index.cjs is missing: run npm run bundle first');
  else console.table(rows);
});
