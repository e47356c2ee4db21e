/** The `groundwork` command: src on the local Forge platform. */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SYNTHETIC_KINDS } from '../bench/workloads/synthetic';
import { SETTING_NAMES } from '../src/evaluation/settings';
import { PROJECT_KEY } from '../src/handlers/payload';
import { benchVectorsCommand } from './commands/bench';
import { deleteCommand } from './commands/delete';
import { evalCommand } from './commands/eval';
import { exportCommand } from './commands/export';
import {
  goldenDeleteCommand,
  goldenListCommand,
  goldenRunCommand,
  goldenSetCommand,
} from './commands/golden';
import { importCommand } from './commands/import';
import { indexCommand } from './commands/index';
import { refineCommand } from './commands/refine';
import { searchCommand } from './commands/search';
import { statsCommand } from './commands/stats';
import { verifyCommand } from './commands/verify';
import { printError } from './output';

/** Exit codes: 0 done, 1 refused or failed, 2 the command's words are off. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const SETTING_HELP = `${SETTING_NAMES.join(', ')}, or knobs such as coverage=0.9`;

function wholeNumber(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number above 0');
}

function generation(value: string): string {
  if (/^[1-9]\d*$/.test(value) || value === 'previous') return value;
  throw new InvalidArgumentError('expected the number of a generation, or previous');
}

function seed(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 2 ** 31) return number;
  throw new InvalidArgumentError('expected a whole number from 0 to 2147483648');
}

function projectKey(value: string): string {
  if (PROJECT_KEY.test(value)) return value;
  throw new InvalidArgumentError('expected a project key such as PAY');
}

function keys(value: string): string[] | 'all' {
  if (value === 'all') return 'all';
  const list = value.split(',').map((key) => key.trim());
  if (list.every((key) => PROJECT_KEY.test(key))) return list;
  throw new InvalidArgumentError('expected project keys such as PAY,SHOP, or all');
}

function createProgram(): Command {
  const program = new Command('groundwork')
    .description(
      'Index work instructions and ground Jira items in them, on a local Forge platform.',
    )
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ outputError: (text, write) => write(text) });
  const define = (usage: string, description: string, parent = program) =>
    parent
      .command(usage)
      .description(description)
      .option('--store <dir>', 'folder of the embedded store', '.groundwork')
      .option('--installation <id>', 'installation of the app', 'local')
      .option('--json', 'print one JSON object', false);

  define('index <path...>', 'index documents (.md, .txt, .html) into a library')
    .option('--library <name>', 'library', 'instructions')
    .option('--projects <keys>', 'projects it is for: KEY,… or all', keys)
    .option('--embedder <name>', 'builtin, openai or lexical')
    .option('--dims <n>', 'dimensions, where the model has a choice', wholeNumber)
    .option('--sync', "also delete the library's documents that are not given", false)
    .option('--rebuild', 'embed the whole library anew, with another model for example', false)
    .option('--estimate', 'say what it would cost, and do nothing', false)
    .action(indexCommand);
  define('search <text>', 'search for passages')
    .option('--library <name>', 'search this library only')
    .option('--project <key>', 'search the libraries of this project', projectKey)
    .option('--document <name...>', 'search these documents only')
    .option('--k <n>', 'hits', wholeNumber, 10)
    .option('--explain', 'say of each candidate how it ranks and why it is left out', false)
    .action(searchCommand);
  define('refine <issue.json>', 'build the grounded prompt for a Jira item')
    .option('--dry-run', 'print the prompt, call no model', false)
    .option('--tokens <n>', 'token budget of the instructions', wholeNumber)
    .option('--explain', 'say of each candidate how it ranks and why it is left out', false)
    .action(refineCommand);
  define('eval', 'measure retrieval on judged queries, from an empty index in memory')
    .requiredOption('--corpus <dir>', 'folder of documents')
    .requiredOption('--queries <file>', 'judged queries, one JSON object a line')
    .option('--embedder <name>', 'builtin, openai or lexical', 'builtin')
    .option('--dims <n>', 'dimensions, where the model has a choice', wholeNumber)
    .option('--k <n>', 'hits considered for the prompt', wholeNumber, 10)
    .option('--setting <setting>', SETTING_HELP, 'default')
    .option('--compare <setting>', 'another setting, on the same index, and the difference')
    .option('--details', 'also what came of each query', false)
    .action(evalCommand);
  define('export <file>', 'write a library to a file, with its vectors and a checksum')
    .option('--library <name>', 'library', 'instructions')
    .action(exportCommand);
  define('import <file>', 'read what export has written; nothing is embedded')
    .option('--library <name>', 'library, instead of the name in the file')
    .option('--projects <keys>', 'projects it is for: KEY,… or all', keys)
    .action(importCommand);
  defineGolden(program, define);
  defineBench(program, define);
  define('stats', 'show libraries, documents and storage').action(statsCommand);
  define('verify', 'check every stored value, count and reference')
    .option('--library <name>', 'this library only')
    .option('--repair', 'mend what is found, and name the documents that are lost', false)
    .action(verifyCommand);
  define('delete', 'delete a document, a library or everything')
    .option('--document <name>', 'document; needs --library')
    .option('--library <name>', 'library')
    .addOption(
      new Option('--all', 'everything of the installation').conflicts(['document', 'library']),
    )
    .action(deleteCommand);
  return program;
}

type Define = (usage: string, description: string, parent?: Command) => Command;

function defineGolden(program: Command, define: Define): void {
  const golden = program
    .command('golden')
    .description('questions kept with a library, to judge generations and settings by');
  const LIBRARY = ['--library <name>', 'library', 'instructions'] as const;
  define('set <file>', 'replace the questions: {"text", "document", "quote"?} a line', golden)
    .option(...LIBRARY)
    .action(goldenSetCommand);
  define('list', 'print the questions, a line each, as they are given to set', golden)
    .option(...LIBRARY)
    .action(goldenListCommand);
  define('delete', 'delete the questions', golden)
    .option(...LIBRARY)
    .action(goldenDeleteCommand);
  define('run', 'ask them of the live generation or the one before', golden)
    .option(...LIBRARY)
    .addOption(
      new Option('--generation <n>', 'a number or previous, instead of the live one').argParser(
        generation,
      ),
    )
    .option('--setting <setting>', SETTING_HELP, 'default')
    .option('--compare <other>', 'a generation, previous or a setting: a second run beside it')
    .option('--details', 'also what came of each question', false)
    .action(goldenRunCommand);
}

function defineBench(program: Command, define: Define): void {
  const bench = program.command('bench').description('measure the index itself');
  define('vectors', 'recall, read units and time on vectors, in memory', bench)
    .option('--base <file>', 'vectors, .f16 or .f32, row after row')
    .option('--queries <file>', 'queries, .f16 or .f32')
    .option('--truth <file>', 'int32, for each query the 100 nearest rows of the base')
    .addOption(
      new Option('--synthetic <kind>', 'made-up vectors instead of files')
        .choices(SYNTHETIC_KINDS)
        .conflicts(['base', 'queries', 'truth']),
    )
    .option('--n <n>', 'made-up vectors', wholeNumber)
    .option('--dims <n>', 'dimensions of the vectors', wholeNumber)
    .option('--seed <n>', 'seed of made-up vectors', seed, 1)
    .action(benchVectorsCommand);
}

async function main(argv: readonly string[]): Promise<number> {
  const asJson = argv.includes('--json');
  try {
    await createProgram().parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (asJson) console.log(JSON.stringify({ error: { code: 'usage', message: error.message } }));
      return EXIT_USAGE;
    }
    printError(asJson, error);
    return EXIT_FAILED;
  }
}

process.exitCode = await main(process.argv.slice(2));
