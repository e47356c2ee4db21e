/**
 * The app as manifest.yml declares it, installed on a local site whose store is on disk: what the
 * pages of the local server work against.
 */
// The platform's globals come before the packages that look for them.
import '../emulator/globals';

import { openStore, withKeysOfEnvironment } from '../cli/local-site';
import { ofPackage } from '../cli/paths';
import { readAppManifest } from '../emulator/app-manifest';
import { realClock } from '../emulator/clock';
import { createKvsService } from '../emulator/kvs/service';
import { defaultKvsSettings } from '../emulator/kvs/settings';
import { createLocalPlatform, type Handler } from '../emulator/platform';
import { appFunctions } from '../src/handlers/functions';
import { createForgePlatform } from '../src/platform/forge-platform';
import type { Account, HostSite } from './host-site';

/** The installation that the command line works against too. */
const INSTALLATION = 'local';

const PROJECTS = [
  { key: 'CAR', name: 'Carriers' },
  { key: 'CHK', name: 'Checkout' },
  { key: 'MOB', name: 'Mobile' },
  { key: 'OFF', name: 'Offices' },
  { key: 'PLT', name: 'Platform' },
  { key: 'RET', name: 'Returns' },
];

/**
 * Opens the store; from then on events are delivered and triggers fire.
 * Errors: `store_locked`, `store_unusable`.
 */
export async function openHostSite(store: string): Promise<HostSite> {
  const manifest = await readAppManifest(ofPackage('manifest.yml'));
  const clock = realClock();
  const platform = await createLocalPlatform({
    kvs: createKvsService({
      engine: await openStore(store),
      entities: manifest.entities,
      clock,
      settings: defaultKvsSettings(),
      random: Math.random,
    }),
    manifest,
    clock,
    random: Math.random,
    jira: {
      users: [
        { accountId: 'admin', admin: true, projects: 'all' },
        { accountId: 'user', admin: false, projects: PROJECTS.map(({ key }) => key) },
      ],
      projects: PROJECTS,
    },
  });
  const functions: Readonly<Record<string, unknown>> = appFunctions(() =>
    withKeysOfEnvironment(createForgePlatform()),
  );
  platform.registerHandlers(
    Object.fromEntries(
      manifest.functions.map(({ key, handler }) => [
        key,
        functions[handler.replace('index.', '')] as Handler,
      ]),
    ),
  );
  const serving = platform.startServing({ installations: [INSTALLATION] });
  return {
    invoke: (accountId, call) =>
      platform.invokeFunction(
        'resolver',
        { call, context: contextOf(accountId) },
        { installation: INSTALLATION, accountId },
      ),
    context: contextOf,
    async close() {
      await serving.stop();
      await platform.close();
    },
  };
}

/** What `view.getContext` gives, as far as it is known here (`FullContext` of bridge 7.2.0). */
function contextOf(accountId: Account): Record<string, unknown> {
  return {
    accountId,
    cloudId: INSTALLATION,
    moduleKey: 'index-instructions',
    extension: { type: 'jira:adminPage' },
    environmentId: INSTALLATION,
    environmentType: 'DEVELOPMENT',
    localId: INSTALLATION,
    locale: 'en-US',
    siteUrl: 'http://localhost',
    timezone: 'UTC',
  };
}
