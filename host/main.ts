/** `npm start`: the page "Index instructions" on a local site, in the browser. */
import { Command, InvalidArgumentError } from 'commander';
import { fromCaller } from '../cli/paths';
import { ensurePage } from './page-build';
import { serve } from './server';
import { openHostSite } from './site';

interface HostOptions {
  port: number;
  store: string;
}

const PORT_MAX = 65_535;

function portNumber(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`expected a port from 0 to ${PORT_MAX}; 0 takes a free one`);
}

async function start({ port, store }: HostOptions): Promise<void> {
  await ensurePage((line) => console.log(line));
  const site = await openHostSite(fromCaller(store));
  const server = await serve(site, port).catch(async (error: unknown) => {
    await site.close();
    throw error;
  });
  console.log(`Index instructions: http://localhost:${server.port} (Ctrl+C ends it)`);
  const stop = () => {
    // A second signal ends the process at once, as it would without a handler.
    void server.close().then(() => site.close());
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

const program = new Command('npm start --')
  .description('Open the page "Index instructions" on a local stand-in for Jira.')
  .option('--port <number>', 'port on this machine; 0 takes a free one', portNumber, 8080)
  .option('--store <dir>', 'folder of the embedded store', '.groundwork')
  .action(start);

try {
  await program.parseAsync();
} catch (error) {
  const isPortTaken = (error as { code?: string }).code === 'EADDRINUSE';
  const message = error instanceof Error ? error.message : String(error);
  console.error(isPortTaken ? `${message}. Give another port with --port` : message);
  process.exitCode = 1;
}
