import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { flatSeries } from '../../bench/page/cold-units';
import { renderPage } from '../../bench/page/render';
import { type BenchResult, newestResults, type ResultRow } from '../../bench/page/results';

const CELLS = ['hier-1k-1536', 'hier-10k-1536', 'topic-10k-1536', 'hier-200k-1536'];

function result(name: string, rows: readonly ResultRow[], date = '2026-11-22'): BenchResult {
  const machine = 'A machine, 2 cores';
  return {
    name,
    date,
    commit: 'abc1234',
    uncommittedChanges: false,
    machine,
    node: 'v20.20.2',
    rows,
  };
}

/** A row with the keys of `bench vectors`. */
function vectorRow(n: number, unitsMean: number) {
  const query = {
    readUnits: { mean: unitsMean, p50: unitsMean - 1, p95: unitsMean + 10 },
    roundTrips: { p50: 3, p95: 4 },
    bytesRead: { p50: 123_456 },
    computeMs: { p50: 1.2345678, p95: 2.5 },
    modelMs: { p50: 104.2 },
  };
  return {
    n,
    dims: 1536,
    'recall@10': 0.98765,
    cold: query,
    warm: { ...query, readUnits: { mean: 12, p50: 12, p95: 13 } },
    store: { values: 1234, bytes: 45_678_901, writeUnits: 4568 },
    buildMs: 987.6,
    peakRssMb: 210,
  };
}

const mapOf = (...results: BenchResult[]) => new Map(results.map((each) => [each.name, each]));

describe('the page of benchmarks', () => {
  const results = mapOf(
    result('vectors-hier-10k-1536', [vectorRow(10_000, 45.5)]),
    result('vectors-hier-1k-1536', [vectorRow(1000, 30)], '2026-11-23'),
    result('ladder', [
      { step: 'flat int8', 'recall@10': 0.998, units: 2100 },
      { step: 'one | bit', 'recall@10': 0.91, units: 300, roundTrips: { p50: 3 } },
    ]),
    result('peers', [
      { workload: 'hier-1k-1536', peer: 'a', version: '1.0.0', native: false, buildMs: 10_500 },
      {
        workload: 'hier-1k-1536',
        peer: 'b',
        version: '2.0.0',
        native: true,
        note: 'did not finish',
      },
    ]),
  );
  const { markdown, svg } = renderPage(results, CELLS);

  it('has a row for each measured workload, in the order given', () => {
    expect(markdown).toContain(
      '| hier-1k-1536 | 1,000 | 1,536 | 0.9877 | 30 | 29 | 40 | 3 | 4 | 123,456 | 1.235 | 2.5 | 104.2 |',
    );
    expect(markdown).toContain('| hier-10k-1536 | 12 | 12 | 13 | 3 | 4 |');
    expect(markdown).toContain('| hier-10k-1536 | 1,234 | 45,678,901 | 4,568 | 987.6 | 210 |');
    expect(markdown.indexOf('| hier-1k-1536')).toBeLessThan(markdown.indexOf('| hier-10k-1536'));
  });

  it('says what is missing and which command measures it', () => {
    expect(markdown).toMatch(
      /Not measured yet: `topic-10k-1536`, `hier-200k-1536`.*vectors` measures/,
    );
    expect(markdown).toContain('Not measured yet; `npm run bench -- kernels` measures it.');
    expect(markdown).toContain('Not measured yet; `npm run bench -- forge-limits` measures it.');
  });

  it('shows rows of any keys, with dashes where one has none', () => {
    expect(markdown).toContain('| step | recall@10 | units | roundTrips p50 |');
    expect(markdown).toContain('| --- | --: | --: | --: |');
    expect(markdown).toContain('| flat int8 | 0.998 | 2,100 | – |');
    expect(markdown).toContain('| one \\| bit | 0.91 | 300 | 3 |');
    expect(markdown).toContain('| hier-1k-1536 | a | 1.0.0 | no | – | 10,500 |');
    expect(markdown).toMatch(/\| b \| 2\.0\.0 \| yes \|.* did not finish \|/);
  });

  it('names machine, date and commit of every table', () => {
    expect(markdown).toContain(
      '- hier-1k-1536: A machine, 2 cores, Node v20.20.2, 2026-11-23, commit abc1234',
    );
    expect(markdown).toContain(
      '- hier-10k-1536: A machine, 2 cores, Node v20.20.2, 2026-11-22, commit abc1234',
    );
    expect(markdown).toContain('A machine, 2 cores, Node v20.20.2, 2026-11-22, commit abc1234.');
  });

  it('has a picture with three lines, labelled axes and no figure that is no number', () => {
    expect(svg.match(/class="line /g)).toHaveLength(3);
    for (const label of ['Groundwork', 'flat int8', 'flat 1 bit', 'read units', 'chunks of 1536']) {
      expect(svg).toContain(label);
    }
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(markdown).toContain('(cold-units.svg)');
  });

  it('is made of nothing too', () => {
    const empty = renderPage(new Map(), CELLS);
    expect(empty.markdown).toContain('Not measured yet: `hier-1k-1536`, `hier-10k-1536`');
    expect(empty.svg.match(/class="line /g)).toHaveLength(2);
    expect(empty.svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('flat scans', () => {
  it('are reckoned from their bytes', () => {
    const [int8, oneBit] = flatSeries(1536).map(({ points }) =>
      Object.fromEntries(points.map(({ n, units }) => [n, units])),
    );
    // 10,000 rows of 1,540 bytes as base64 are 2,054 units; ten records and the catalogue 5 more.
    expect(int8?.[10_000]).toBe(2059);
    expect(oneBit?.[10_000]).toBe(1 + 267 + 31);
  });
});

describe('the newest results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'groundwork-results-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are of the latest date of each name', () => {
    const write = (each: BenchResult) =>
      writeFileSync(join(folder, `${each.date}-${each.name}.json`), JSON.stringify(each));
    write(result('ladder', [{ a: 1 }], '2026-11-22'));
    write(result('ladder', [{ a: 2 }], '2026-12-01'));
    write(result('peers', [], '2026-11-01'));
    writeFileSync(join(folder, 'other.json'), '[1]');
    writeFileSync(join(folder, 'notes.txt'), 'x');
    const newest = newestResults(folder);
    expect([...newest.keys()].sort()).toEqual(['ladder', 'peers']);
    expect(newest.get('ladder')?.rows).toEqual([{ a: 2 }]);
  });
});
