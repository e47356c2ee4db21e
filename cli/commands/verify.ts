/** `groundwork verify`: every stored value, count and reference checked; with --repair, mended. */

import { findLibrary, loadCatalogue } from '../../src/index/catalogue';
import type { Finding } from '../../src/index/findings';
import { type RepairReport, repairLibrary } from '../../src/index/repair';
import { type Verification, verifyLibrary } from '../../src/index/verify';
import type { Platform } from '../../src/platform/ports';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { grouped, print } from '../output';

interface VerifyOptions extends CommonOptions {
  library?: string;
  repair: boolean;
}

/** The command line is the only reader of its store: a step may be as long as memory allows. */
const UNITS_PER_STEP = 20_000;

interface Outcome {
  verified: Verification;
  repaired: RepairReport | undefined;
  /** Findings that are left. */
  remaining: Finding[];
}

export async function verifyCommand(options: VerifyOptions): Promise<void> {
  const { result: outcomes } = await withSite(siteOf(options), (site) =>
    site.run('verify', (platform) => verifyLibraries(platform, options)),
  );
  const all = <T extends object>(of: (outcome: Outcome) => readonly T[]) =>
    outcomes.flatMap((outcome) =>
      of(outcome).map((one) => ({ library: outcome.verified.library, ...one })),
    );
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const findings = all(({ verified }) => verified.findings);
  const remaining = all((outcome) => outcome.remaining);
  const lost = all(({ repaired }) => repaired?.lost ?? []);
  const reports = outcomes.flatMap(({ repaired }) => repaired ?? []);
  const values = sum(({ verified }) => verified.checked.values);
  const chunks = sum(({ verified }) => verified.checked.chunks);
  const ok = remaining.length === 0;
  const repaired = reports.map(({ lost: _, ...report }) => report);
  const json = { library: options.library ?? null, ok, values, chunks, findings };
  const mended = options.repair ? { repaired, lost, remaining } : {};
  print(options.json, { ...json, ...mended }, [
    ...findings.map(toLine),
    ...reports.map(toRepairLine),
    ...lost.map(({ library, document, what }) => `lost      ${library}: ${document}; ${what}`),
    ...(options.repair ? remaining.map((finding) => `left      ${toLine(finding)}`) : []),
    `${grouped(values)} values and ${grouped(chunks)} chunks verified: ${verdict(findings.length, remaining.length)}`,
  ]);
  if (!ok) process.exitCode = 1;
}

async function verifyLibraries(
  platform: Platform,
  { library, repair }: Pick<VerifyOptions, 'library' | 'repair'>,
): Promise<Outcome[]> {
  const { libraries } = await loadCatalogue(platform.entities);
  const chosen = library === undefined ? libraries : [findLibrary(libraries, library)];
  const outcomes: Outcome[] = [];
  for (const { name } of chosen) {
    const verify = () => verifyLibrary(platform, name, { unitsMax: UNITS_PER_STEP });
    const verified = await verify();
    let [repaired, remaining] = [undefined as RepairReport | undefined, verified.findings];
    if (repair && remaining.length > 0) {
      repaired = await repairLibrary(platform, verified);
      remaining = (await verify()).findings;
    }
    outcomes.push({ verified, repaired, remaining });
  }
  return outcomes;
}

function toLine({ library, code, key, what, document }: Finding & { library: string }): string {
  const of = document === undefined ? '' : ` (of document ${document})`;
  return `${code}  ${library}: ${key}${of}: ${what}`;
}

function toRepairLine(report: RepairReport) {
  const { library, generation, segments, tables, documents, unnamed, questionsLost } = report;
  const { before, kept, lost } = documents;
  const nameless = unnamed === 0 ? '' : `, ${unnamed} of them by a name that cannot be read`;
  return (
    `repaired  ${library}, generation ${generation}: ${segments} segments sealed again, ` +
    `${tables} document tables made again; ${before} documents = ${kept} kept + ${lost} lost${nameless}` +
    (questionsLost ? '; its golden questions could not be read and were deleted' : '')
  );
}

function verdict(found: number, remaining: number): string {
  if (found === 0) return 'nothing is amiss';
  if (remaining > 0) return `${remaining} findings; run it again with --repair`;
  return `${found} findings, and all are repaired`;
}
