/**
 * The page as people use it: the genuine Chromium, `@forge/bridge` and handlers, on a local site
 * with a store on disk. The steps build on one another.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '../support/chromium';
import { type HostProcess, startHost } from '../support/host-process';
import { ROOT } from '../support/project-files';

const executable = findChromium();
if (executable === undefined) {
  console.log('skipped: the page in a browser; no Chromium is installed, and CHROMIUM names none');
}

const INSTRUCTIONS = join(ROOT, 'examples', 'instructions', 'engineering');
const LIBRARY = 'Team handbook';
const REFUNDS = 'payments-and-refunds.md';
const QUERY = 'How much may be refunded when only part of the order comes back?';
/** Indexing with the built-in model takes as long as the machine is busy. */
const WAIT_MS = 240_000;

/** How many documents are indexed. */
let given: number;
let store: string;
let host: HostProcess;
let browser: Browser;
let page: Page;
/** The page in its frame. */
let frame: FrameLocator;
/** What the browser found wrong; a page that only looks right fails too. */
const faults: string[] = [];

beforeAll(async () => {
  if (executable === undefined) return;
  given = (await readdir(INSTRUCTIONS)).length;
  store = await mkdtemp(join(tmpdir(), 'groundwork-e2e-'));
  host = await startHost(store);
  browser = await launchChromium(executable);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(host.origin)) faults.push(`asked ${request.url()}`);
  });
  frame = page.frameLocator('iframe');
});

afterAll(async () => {
  await browser?.close();
  await host?.stop();
  if (store !== undefined) await rm(store, { recursive: true });
});

const button = (name: string | RegExp) => frame.getByRole('button', { name, exact: true });
const openTab = (name: string) => frame.getByRole('tab', { name }).click();
const see = (locator: Locator) => locator.first().waitFor();

async function search(text: string): Promise<void> {
  await openTab('Search');
  await frame.getByLabel('Text').fill(text);
  await page.keyboard.press('Enter');
  await see(frame.getByRole('region', { name: 'Results' }));
}

describe.skipIf(executable === undefined)('Index instructions', () => {
  it('tells a user who is no administrator so, and nothing else', async () => {
    await page.goto(`${host.origin}/?as=user`);
    await see(frame.getByText('For Jira administrators only'));
    expect(await frame.getByRole('tab').count()).toBe(0);
    expect(await frame.getByRole('button').count()).toBe(0);
  });

  it('says what is missing before anything is sent', async () => {
    await page.getByLabel('You are').selectOption('admin');
    await see(frame.getByRole('heading', { name: 'Index instructions' }));
    await button('Estimate').click();
    await see(frame.getByText('Choose at least one document.'));
    await see(frame.getByText('Name the library that the documents go into.'));
  });

  it('estimates before it indexes', async () => {
    await frame.getByLabel('Folder').setInputFiles(INSTRUCTIONS);
    await see(frame.getByText(`${given} documents`));
    await frame.getByLabel('Library', { exact: true }).fill(LIBRARY);
    await page.keyboard.press('Enter');
    await button('Estimate').click();
    await see(button('Start indexing'));
    const figures = await frame.getByRole('region', { name: 'Job' }).innerText();
    expect(figures).toMatch(new RegExp(`Documents\\s+${given}\\b`));
    expect(figures).toMatch(/Embedding\s+\$0\b/);
    expect(figures).toContain('Nothing has been embedded or paid so far.');
  });

  it('shows the job to whoever comes back, and goes on with it', async () => {
    await page.reload();
    await see(frame.getByText('Estimated'));
    await button('Start indexing').click();
    await button('Pause').click();
    await see(frame.getByText('Paused. Nothing is lost'));
    await page.reload();
    await see(frame.getByText('Paused. Nothing is lost'));
    await see(frame.getByRole('heading', { name: LIBRARY }));
    await button('Resume').click();
    await see(frame.getByText(`${given} documents indexed, 0 unchanged, 0 deleted, 0 refused`));
    await see(frame.getByText('generation 1 is live'));
  });

  it('finds a passage and says where it stands', async () => {
    await search(QUERY);
    await see(frame.getByText(new RegExp(`${LIBRARY} › ${REFUNDS} › Payments and refunds`)));
    await see(frame.getByText('passages that a refinement would be grounded in'));
  });

  it('says plainly when no instruction applies', async () => {
    await search('Order ten office chairs in the colour that the sales team likes');
    await see(frame.getByText('No instruction reaches the threshold'));
  });

  it('deletes a document, which is then found no more', async () => {
    await openTab('Libraries');
    await button('Documents').click();
    await button(`Delete ${REFUNDS}`).click();
    await button('Delete document').click();
    await button(`Delete ${REFUNDS}`).waitFor({ state: 'detached' });
    await search(QUERY);
    expect(await frame.getByRole('region', { name: 'Results' }).innerText()).not.toContain(REFUNDS);
  });

  it('deletes a library', async () => {
    await openTab('Libraries');
    await frame.getByRole('row', { name: LIBRARY }).getByRole('button', { name: 'Delete' }).click();
    await button('Delete library').click();
    await see(frame.getByText('There is no library yet.'));
  });

  it('has met no error on the way, asked no other host, and ends when told to', async () => {
    expect(faults).toEqual([]);
    expect(await host.stop()).toBe(0);
  });
});
