/**
 * One schedule, from its seed to its end: jobs race, events come twice and out of order, storage
 * and provider fail, functions die, clocks are wrong, people pause and cancel, and readers search.
 * What is not as it must be comes back as a list of texts.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Delivery } from '../../emulator/events/event-service';
import type { FaultAction, FaultRule, PlatformCall } from '../../emulator/faults';
import type { KvsService } from '../../emulator/types';
import { RETIRED_GRACE_MS } from '../../src/index/retire';
import type { JobState } from '../../src/jobs/job';
import { findJob } from '../../src/jobs/job-store';
import { CRASHES, FAILURES } from './disturbed-job';
import { GenerationBook, knowDocument } from './generations';
import { type JobSite, openJobSite, READER } from './job-site';
import { judgeJobs } from './judge-jobs';
import { unnamedKeys } from './library-state';
import { START_MS, seededRandom } from './local-app';
import { baseSnapshot, HOME, People, QUERY, type SimulatedJob, stage } from './people';
import {
  allDocuments,
  type Draw,
  drawBehaviour,
  drawSchedule,
  LIBRARIES,
  type Schedule,
} from './schedule';

const STEP_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** Events of three small jobs; more is a storm, in which events bring forth ever more events. */
const DELIVERIES_MAX = 1_000;
const TEXTS_PER_BATCH = 2;

const FAULTS = [...FAILURES, ...CRASHES];

export interface SimulationReport {
  seed: number;
  problems: string[];
  faults: number;
  calls: number;
  reads: number;
  /** Events that came, repeats and retries included. */
  deliveries: number;
  generations: number;
  /** How the jobs ended before those that failed were cancelled. */
  outcomes: string[];
}

/** `trace` is told of everything that happens, for looking into a seed. */
export async function simulate(
  seed: number,
  trace: (line: string) => void = () => undefined,
): Promise<SimulationReport> {
  const simulation = await Simulation.open(seed, trace);
  try {
    await simulation.run();
    return await simulation.report();
  } finally {
    await simulation.close();
  }
}

class Simulation {
  readonly #book = new GenerationBook();
  readonly #schedule: Schedule;
  readonly #draw: Draw;
  readonly #problems: string[] = [];
  readonly #jobs: SimulatedJob[] = [];
  readonly #deeds: Schedule['deeds'];
  readonly #underWay = new Set<Promise<void>>();
  /** Runs what people do apart from the functions that happen to run. */
  readonly #apart = AsyncLocalStorage.snapshot();
  #site!: JobSite;
  #people!: People;
  #calls = 0;
  #faults = 0;
  #deliveries = 0;
  #outcomes: string[] = [];
  #isCalm = false;
  #resumes = 0;

  private constructor(
    readonly seed: number,
    readonly trace: (line: string) => void,
  ) {
    this.#schedule = drawSchedule(seed);
    this.#deeds = [...this.#schedule.deeds];
    this.#draw = seededRandom(seed ^ 0x5bd1e995);
  }

  static async open(seed: number, trace: (line: string) => void): Promise<Simulation> {
    const simulation = new Simulation(seed, trace);
    await simulation.#open();
    return simulation;
  }

  async #open(): Promise<void> {
    const { hasBase, weather, jobs } = this.#schedule;
    for (const [name, text] of allDocuments()) knowDocument(name, text);
    const snapshot = hasBase ? await baseSnapshot() : undefined;
    const skewMs = () => Math.round((this.#draw() * 2 - 1) * weather.skewMsMax);
    this.#site = await openJobSite({
      seed: this.seed * 2 + 1,
      startMs: START_MS + DAY_MS,
      textsPerBatchMax: TEXTS_PER_BATCH,
      events: weather.events,
      latency: { requestMs: weather.requestMs, bytesPerMs: 60_000 },
      settings: weather.settings,
      skewMs: () => (this.#isCalm ? 0 : skewMs()),
      log: (event, facts) => this.trace(`  ${event} ${JSON.stringify(facts)}`),
      behaviour: (_, texts) =>
        this.#isCalm || texts[0] === QUERY ? { kind: 'ok' } : drawBehaviour(this.#draw, weather),
      storage: (service, stored) => this.#book.watch(this.#unsteady(service), stored),
    });
    this.#people = new People(this.#site, this.#book, this.#jobs);
    await this.#site.clock.drive(this.#site.install(HOME, snapshot));
    await this.#book.begin(await this.#site.stored(HOME));
    for (const job of jobs) {
      const request = { library: job.library, embedder: 'openai', ...job.request };
      const staging = stage(this.#site, request, job.documents);
      const jobId = await this.#site.clock.drive(staging);
      this.#jobs.push({ ...job, jobId, isStarted: false });
    }
    this.#site.platform.calls.setFaults([this.#pulse(), ...FAULTS.map((a) => this.#fault(a))]);
  }

  /** Requests side by side come in another order each time. */
  #unsteady(service: KvsService): KvsService {
    const { turnsMax } = this.#schedule.weather;
    return {
      handle: async (request) => {
        const turns = turnsMax === 0 ? 0 : Math.floor(this.#draw() * (turnsMax + 1));
        for (let i = 0; i < turns; i += 1) await turn();
        return service.handle(request);
      },
      close: () => service.close(),
    };
  }

  /** Counts calls, and begins what people do when it is time. */
  #pulse(): FaultRule {
    const match = ({ caller, kind, path }: PlatformCall) => {
      this.#calls += 1;
      this.trace(`${this.#calls} ${caller} ${kind} ${path}`);
      while ((this.#deeds[0]?.atCall ?? Number.POSITIVE_INFINITY) <= this.#calls) this.#beginDeed();
      return false;
    };
    return { match, action: { type: 'crash-before' } };
  }

  #fault(action: FaultAction): FaultRule {
    const { faultRate, faultsMax } = this.#schedule.weather;
    const match = ({ caller }: PlatformCall) => {
      if (this.#isCalm || caller === READER || this.#faults >= faultsMax) return false;
      if (this.#draw() >= faultRate / FAULTS.length) return false;
      this.#faults += 1;
      this.trace(`  ${JSON.stringify(action)}`);
      return true;
    };
    return { match, action };
  }

  #beginDeed(): void {
    const next = this.#deeds.shift();
    if (next === undefined) return;
    this.trace(`  ${JSON.stringify(next.deed)}`);
    const doing = this.#apart(() => this.#people.act(next.deed)).finally(() => {
      this.#underWay.delete(doing);
    });
    this.#underWay.add(doing);
  }

  async run(): Promise<void> {
    const { platform, clock } = this.#site;
    const delivered = ({ event, outcome, error }: Delivery) => {
      this.#deliveries += 1;
      const minute = (clock.now() - START_MS - DAY_MS) / 60_000;
      const what = `${JSON.stringify(event.body)} ${outcome} ${error ?? ''}`;
      this.trace(`minute ${minute.toFixed(2)}: ${event.eventId.slice(0, 4)} ${what}`);
    };
    const serving = platform.startServing({ installations: [HOME], delivered });
    let deadline = clock.now() + DAY_MS;
    while (clock.now() < deadline) {
      await clock.advance(STEP_MS);
      await clock.drive(Promise.all(this.#underWay));
      if (!(await this.#isQuiet())) continue;
      // Nothing will happen by itself any more: the next who acts does so now.
      if (this.#deeds.length > 0) this.#beginDeed();
      else if (!(await this.#goOn())) break;
      await clock.drive(Promise.all(this.#underWay));
      deadline = clock.now() + DAY_MS;
    }
    serving.halt();
    await this.#end();
  }

  async #isQuiet(): Promise<boolean> {
    if (this.#site.platform.events.pending.length > 0) return false;
    return (await this.#states()).every(
      ({ state, isClean }) =>
        ['staging', 'planned', 'paused', 'failed'].includes(state) ||
        (isClean && (state === 'done' || state === 'cancelled')),
    );
  }

  /** Confirms what waits for it, resumes what is paused, and what failed, at first. */
  async #goOn(): Promise<boolean> {
    const states = await this.#states();
    for (const [i, { state }] of states.entries()) {
      const jobId = this.#jobs[i]?.jobId;
      if (state === 'planned')
        await this.#site.clock.drive(this.#people.press('confirmJob', { jobId }));
      else if (state === 'paused' || (state === 'failed' && this.#resumes < 4)) {
        this.#resumes += 1;
        await this.#site.clock.drive(this.#people.press('resumeJob', { jobId }));
      } else continue;
      return true;
    }
    return false;
  }

  /** In calm weather: what failed is cancelled, and everything is cleared away. */
  async #end(): Promise<void> {
    const { platform, clock } = this.#site;
    const serving = platform.startServing({ installations: [HOME], triggers: false });
    const states = await this.#states();
    this.#outcomes = states.map(({ state, error }) => error?.code ?? state);
    this.#problems.push(...judgeJobs(this.#jobs, states, this.#book));
    this.#isCalm = true;
    Object.assign(this.#site.settings, { queryLagMs: 0, batchGetLagMs: 0, batchGetFailEvery: 0 });
    for (const [i, { state }] of states.entries()) {
      const jobId = this.#jobs[i]?.jobId;
      if (state === 'failed') await clock.drive(this.#people.press('cancelJob', { jobId }));
    }
    await clock.advance(STEP_MS);
    for (const library of LIBRARIES) await clock.drive(this.#people.search(library));
    serving.halt();
    // Where nothing is left behind, clearing away has nothing to do, and is tried now and then.
    let unnamed = await unnamedKeys(this.#site, HOME);
    if (unnamed.length > 0 || this.seed % 4 === 0) unnamed = await this.#clearAway();
    if (unnamed.length > 0) this.#problems.push(`nothing names ${unnamed.join(', ')}`);
  }

  async #clearAway(): Promise<string[]> {
    const { platform, clock } = this.#site;
    for (let pass = 0; pass < 2; pass += 1) {
      if (pass > 0) await clock.advance(RETIRED_GRACE_MS);
      const firing = platform.fireTrigger('clear-away-daily', { installation: HOME });
      const { error } = await clock.drive(firing);
      if (error !== undefined) this.#problems.push(`clearing away: ${error}`);
    }
    return unnamedKeys(this.#site, HOME);
  }

  async #states(): Promise<JobState[]> {
    const { entities } = await this.#site.stored(HOME);
    return Promise.all(this.#jobs.map(async ({ jobId }) => (await findJob(entities, jobId)).state));
  }

  async report(): Promise<SimulationReport> {
    if (this.#deliveries > DELIVERIES_MAX) this.#problems.push(`${this.#deliveries} deliveries`);
    return {
      seed: this.seed,
      problems: [...this.#problems, ...this.#people.problems, ...this.#book.problems],
      faults: this.#faults,
      calls: this.#calls,
      reads: this.#people.reads,
      deliveries: this.#deliveries,
      generations: LIBRARIES.reduce((sum, name) => sum + this.#book.of(name).length, 0),
      outcomes: this.#outcomes,
    };
  }

  close(): Promise<void> {
    return this.#site.close();
  }
}
