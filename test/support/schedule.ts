/** What happens in one simulated schedule, drawn from its seed: weather, jobs, and what people do. */
import type { DeliveryOptions } from '../../emulator/events/event-service';
import type { KvsSettings } from '../../emulator/kvs/settings';
import type { Behaviour } from '../../emulator/providers/openai-answers';
import { seededRandom } from './local-app';
import { SECTIONS } from './scripted-jobs';

export type Draw = () => number;

export interface Weather {
  events: DeliveryOptions;
  settings: Partial<KvsSettings>;
  /** Chance of a fault at a platform call, and how many there are at most. */
  faultRate: number;
  faultsMax: number;
  /** Chance that the provider fails for now, and that it answers nonsense. */
  providerRate: number;
  nonsenseRate: number;
  /** Milliseconds by which the clock of a function may be wrong, either way. */
  skewMsMax: number;
  /** Turns by which a storage request may come later than those beside it. */
  turnsMax: number;
  /** Milliseconds that a storage request takes. */
  requestMs: number;
}

export interface PlannedJob {
  library: string;
  request: { dimensions?: number; sync?: boolean; rebuild?: boolean };
  confirm: boolean;
  /** Content by name. */
  documents: Map<string, string>;
  /** Of those, how many no index takes. */
  refused: number;
}

/** What somebody does when so many platform calls have been made. */
export type Deed =
  | { type: 'start' | 'pause' | 'resume' | 'cancel'; job: number }
  | { type: 'search'; library: string }
  | { type: 'delete'; document: string }
  | { type: 'restore' };

export interface Schedule {
  /** Whether the libraries are there already. */
  hasBase: boolean;
  weather: Weather;
  jobs: PlannedJob[];
  deeds: { atCall: number; deed: Deed }[];
}

/** Two jobs meet in the first; the third has the other to itself. */
export const LIBRARIES = ['rules', 'notes'] as const;
export const DIMENSIONS = 128;
const DOCUMENTS = 5;
const VERSIONS = 3;
/** Share of schedules in which two jobs race, and the calls within which both begin. */
const RACE_RATE = 0.4;
const RACE_CALLS = 30;
/** Runs that take time are under way at the same time. */
const RACE_REQUEST_MS = 300;
const SCAN = { name: 'scan.pdf', text: '%PDF-1.7' };

export function drawSchedule(seed: number): Schedule {
  const draw = seededRandom(seed);
  const hasBase = draw() < 0.5;
  const weather = drawWeather(draw);
  const jobs = ['rules', 'rules', 'notes'].map((library) => drawJob(draw, library, hasBase));
  const deeds: Schedule['deeds'] = [{ atCall: 0, deed: { type: 'start', job: 0 } }];
  const later = (deed: Deed, within: number) =>
    deeds.push({ atCall: Math.floor(draw() * within), deed });
  later({ type: 'start', job: 1 }, 250);
  later({ type: 'start', job: 2 }, 250);
  for (let i = 0; i < 6; i += 1) later({ type: 'search', library: pick(draw, LIBRARIES) }, 500);
  const disturbs = draw() < 0.6;
  for (let i = 0; disturbs && i < 3; i += 1) {
    const job = Math.floor(draw() * jobs.length);
    later({ type: pick(draw, ['pause', 'pause', 'resume', 'cancel'] as const), job }, 450);
  }
  if (draw() < 0.15) later({ type: 'delete', document: nameOf(Math.floor(draw() * 4)) }, 400);
  if (draw() < 0.1) later({ type: 'restore' }, 400);
  if (draw() < RACE_RATE) makeRace(draw, weather, deeds);
  deeds.sort((a, b) => a.atCall - b.atCall);
  return { hasBase, weather, jobs, deeds };
}

/**
 * Both jobs of a library at work at once: concurrency keys do not count, and clocks are so wrong
 * that leases, claims and holders are taken over at any time. These spare work only, so what is
 * left to hold is the transactions.
 */
function makeRace(draw: Draw, weather: Weather, deeds: Schedule['deeds']): void {
  weather.events.honoursConcurrency = false;
  weather.events.parallel = 8;
  weather.skewMsMax = 1_800_000;
  weather.events.delayJitterMs = 0;
  weather.turnsMax = 5;
  weather.requestMs = RACE_REQUEST_MS;
  for (const one of deeds) {
    if (one.deed.type === 'start') one.atCall = Math.floor(draw() * RACE_CALLS);
  }
}

/** Every document of the base and of all jobs, so that what is stored can be recognised. */
export function* allDocuments(): Iterable<[name: string, text: string]> {
  for (let document = 0; document < DOCUMENTS; document += 1) {
    for (let version = 0; version < VERSIONS; version += 1) {
      yield [nameOf(document), textOf(document, version)];
    }
  }
}

/** What the libraries hold before any job, where they are there already. */
export function baseDocuments(): Map<string, string> {
  return new Map([0, 1, 2, 3].map((document) => [nameOf(document), textOf(document, 0)]));
}

function drawWeather(draw: Draw): Weather {
  const isLagging = draw() < 0.2;
  return {
    events: {
      duplicateRate: pick(draw, [0, 0.1, 0.5]),
      shuffle: draw() < 0.7,
      delayJitterMs: pick(draw, [0, 2_000, 60_000, 600_000]),
      parallel: pick(draw, [2, 5, 8]),
    },
    settings: {
      queryLagMs: isLagging ? 5_000 : 0,
      batchGetLagMs: isLagging ? 1_500 : 0,
      batchGetFailEvery: draw() < 0.2 ? 5 + Math.floor(draw() * 40) : 0,
    },
    faultRate: pick(draw, [0, 0.005, 0.02, 0.06]),
    faultsMax: pick(draw, [4, 12, 30]),
    providerRate: pick(draw, [0, 0.05, 0.3]),
    nonsenseRate: draw() < 0.2 ? 0.1 : 0,
    skewMsMax: pick(draw, [0, 20_000, 180_000, 1_800_000]),
    turnsMax: pick(draw, [0, 2, 5]),
    requestMs: 0,
  };
}

function drawJob(draw: Draw, library: string, hasBase: boolean): PlannedJob {
  const documents = new Map<string, string>();
  const count = 1 + Math.floor(draw() * 3);
  while (documents.size < count) {
    const document = Math.floor(draw() * DOCUMENTS);
    documents.set(nameOf(document), textOf(document, Math.floor(draw() * VERSIONS)));
  }
  const hasScan = draw() < 0.15;
  if (hasScan) documents.set(SCAN.name, SCAN.text);
  const isRebuild = hasBase && draw() < 0.15;
  return {
    library,
    request: {
      ...(hasBase ? {} : { dimensions: DIMENSIONS }),
      ...(isRebuild ? { dimensions: DIMENSIONS + 8, rebuild: true } : {}),
      ...(draw() < 0.25 ? { sync: true } : {}),
    },
    confirm: draw() < 0.15,
    documents,
    refused: hasScan ? 1 : 0,
  };
}

/** Behaviours that pass by themselves. */
const PASSING: readonly Behaviour[] = [
  { kind: 'rateLimited' },
  { kind: 'rateLimited', headers: { 'retry-after': '90' } },
  { kind: 'serverError', status: 500 },
  { kind: 'serverError', status: 503 },
  { kind: 'hangUp' },
];
/** Behaviours after which a job fails, and a person lets it go on. */
const NONSENSE: readonly Behaviour[] = [
  { kind: 'malformedJson' },
  { kind: 'missingData' },
  { kind: 'wrongCount' },
  { kind: 'notFinite' },
];

export function drawBehaviour(draw: Draw, { providerRate, nonsenseRate }: Weather): Behaviour {
  if (draw() < providerRate) return pick(draw, PASSING);
  return draw() < nonsenseRate ? pick(draw, NONSENSE) : { kind: 'ok' };
}

export function pick<T>(draw: Draw, list: readonly T[]): T {
  return list[Math.floor(draw() * list.length)] as T;
}

function nameOf(document: number): string {
  return `d${document}.md`;
}

/** Versions of a document have sections in common, and so have documents. */
function textOf(document: number, version: number): string {
  const count = 1 + ((document + version) % 2);
  const sections = Array.from(
    { length: count },
    (_, i) => SECTIONS[(document + version * i * 3 + i) % SECTIONS.length],
  );
  return `${sections.join('\n\n')}\n\n# Version\n\nThis is version ${version}.\n`;
}
