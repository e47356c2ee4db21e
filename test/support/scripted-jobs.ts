/** Jobs small enough to be disturbed at each of their calls, and what is searched meanwhile. */

export const LIBRARY = 'rules';

/** Texts of one batch of a lane: the jobs below make three to five batches of it. */
export const TEXTS_PER_BATCH = 2;

export interface ScriptedJob {
  name: string;
  /** What `createJob` is asked for besides the library. */
  request: { dimensions?: number; sync?: boolean; rebuild?: boolean; projects?: string[] };
  documents: Record<string, string>;
}

/** Words by which the sections of all documents are found. */
export const QUERIES = ['canteen soup', 'holiday calendar'];

const section = (title: string, rule: string) =>
  `# ${title}\n\n${Array.from({ length: 7 }, (_, i) => `${rule}, as paragraph ${i} has it.`).join(' ')}`;

const RELEASE = section(
  'Release',
  'Every release needs the approval of two reviewers and a manager',
);
const ROLLBACK = section(
  'Rollback',
  'A release that fails is rolled back within the hour by its owner',
);
const CANTEEN = section('Canteen', 'The canteen serves soup on Monday and pasta on Friday');
const REFUND = section('Refund', 'A refund above the limit of fifty needs a second signature');
const HOLIDAY = section('Holiday', 'The holiday calendar is agreed with the team in January');
const HOLIDAY_LATER = section('Holiday', 'The holiday calendar is agreed with the team in March');
const TRAVEL = section('Travel', 'Travel by train is booked by whoever travels and paid by card');
const LAPTOP = section(
  'Laptop',
  'A laptop is replaced after four years or when it is beyond repair',
);

const SECURITY = section('Security', 'A password is never sent by mail and never written down');
const HIRING = section(
  'Hiring',
  'A candidate talks to two members of the team before an offer is made',
);
const INVOICE = section('Invoice', 'An invoice is paid thirty days after it was received');
const BACKUP = section('Backup', 'A backup is restored on trial once every quarter');

/** All of them: each is a chunk of its own. */
export const SECTIONS = [
  ...[RELEASE, ROLLBACK, CANTEEN, REFUND, HOLIDAY, TRAVEL],
  ...[LAPTOP, SECURITY, HIRING, INVOICE, BACKUP],
];

const join = (...sections: string[]) => `${sections.join('\n\n')}\n`;

/** The library that updates start from. */
export const FIRST: ScriptedJob = {
  name: 'a new library',
  request: { dimensions: 128, projects: ['PAY'] },
  documents: {
    'release.md': join(RELEASE, ROLLBACK),
    'canteen.md': join(CANTEEN, HIRING),
    'finance.md': join(REFUND, HOLIDAY, INVOICE),
    'security.md': join(SECURITY, BACKUP, LAPTOP),
  },
};

/** One document edited in one of its sections, one new, two unchanged, one deleted. */
export const UPDATE: ScriptedJob = {
  name: 'an update',
  request: { sync: true },
  documents: {
    'release.md': join(RELEASE, ROLLBACK),
    'finance.md': join(REFUND, HOLIDAY_LATER, INVOICE),
    'security.md': join(SECURITY, BACKUP, LAPTOP),
    'travel.md': join(TRAVEL, LAPTOP, SECURITY),
  },
};

/** Other dimensions for everything; one document is given anew, the others come from records. */
export const REBUILD: ScriptedJob = {
  name: 'a rebuild',
  request: { dimensions: 136, rebuild: true },
  documents: { 'finance.md': join(REFUND, HOLIDAY_LATER, INVOICE) },
};
