/** What the app's resolver takes and answers, as far as this page uses it. */

export type JobState =
  | 'staging'
  | 'queued'
  | 'running'
  | 'planned'
  | 'paused'
  | 'done'
  | 'failed'
  | 'cancelled';

export type JobPhase = 'stage' | 'plan' | 'embed' | 'seal' | 'publish' | 'sweep' | 'done';

export interface Refusal {
  document: string;
  code: string;
  message: string;
}

/** What a job will do and cost, known before anything is paid. */
export interface Estimate {
  documents: number;
  chunks: number;
  chunksToEmbed: number;
  tokens: number;
  /** Null when the model's price is not known. */
  costUsd: number | null;
  /** The day prices were read, as YYYY-MM-DD. */
  priceDate: string;
  writeUnits: number;
  readUnits: number;
  minutes: number;
  forgeCostUsd: number;
}

export interface JobView {
  jobId: string;
  kind: 'index' | 'import';
  library: string;
  state: JobState;
  phase: JobPhase;
  documents: {
    total: number;
    indexed: number;
    unchanged: number;
    deleted: number;
    refused: number;
  };
  chunks: { total: number; reused: number; toEmbed: number; embedded: number };
  tokens: { count: number; measured: boolean };
  costUsd: number | null;
  units: { read: number; write: number };
  /** Chunks a minute. */
  rate: number | null;
  etaMs: number | null;
  /** Milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
  /** The first hundred; `documents.refused` has the number. */
  refused: Refusal[];
  estimate?: Estimate;
  /** How often it planned again because another job published first. */
  overtaken: number;
  generation?: number;
  error?: { code: string; message: string };
  /** What the job waits for, when it does. */
  waiting?: string;
}

export type Embedder = 'builtin' | 'openai' | 'lexical';

export interface Library {
  name: string;
  generation: number;
  projects: 'all' | string[];
  embedder: Embedder;
  model: string;
  dimensions: number;
  documents: number;
  chunks: number;
  needsReindex: null | { field: string; found: unknown; expected: unknown };
  canRestore: boolean;
}

/** What must be known to judge what was found, for example that words alone were matched. */
export interface SearchNote {
  kind: string;
  library: string;
  message: string;
}

export interface Hit {
  /** Deviations above chance. */
  score: number;
  applies: boolean;
  library: string;
  document: string;
  headings: string[];
  start: number;
  end: number;
  text: string;
}

export interface JobRequest {
  library: string;
  projects?: 'all' | string[];
  embedder?: Embedder;
  sync?: boolean;
  rebuild?: boolean;
}

/** A document, or one of the parts of a document too large for one call. */
export interface StagedPart {
  name: string;
  part: number;
  parts: number;
  /** Base64 of the bytes. */
  content: string;
}

interface JobOnly {
  jobId: string;
}

/** Each call by its name: what it takes and what it gives. */
export interface Calls {
  createJob: { takes: JobRequest; gives: { jobId: string } };
  stageDocuments: {
    takes: { jobId: string; call: number; documents: StagedPart[] };
    gives: { documents: number };
  };
  startJob: { takes: { jobId: string; calls: number; confirm: boolean }; gives: object };
  confirmJob: { takes: JobOnly; gives: object };
  pauseJob: { takes: JobOnly; gives: object };
  resumeJob: { takes: JobOnly; gives: object };
  cancelJob: { takes: JobOnly; gives: object };
  jobProgress: { takes: JobOnly; gives: JobView };
  listJobs: { takes: object; gives: { jobs: JobView[] } };
  listLibraries: { takes: object; gives: { libraries: Library[] } };
  listDocuments: {
    takes: { library: string; after?: string };
    gives: { documents: { name: string; chunks: number }[]; next?: string };
  };
  search: {
    takes: { text: string; library?: string; k?: number };
    gives: { applies: boolean; hits: Hit[]; notes: SearchNote[] };
  };
  delete: { takes: { library: string; document?: string }; gives: object };
  restoreLibrary: { takes: { library: string }; gives: { generation: number } };
}

export type Answer<T> =
  | { ok: true; result: T }
  | { ok: false; error: { code: string; message: string; retryable: boolean } };
