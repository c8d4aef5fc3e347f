/** The page of `usage --html`, in a real Chromium. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Chromium, startChromium, type Tab } from '../helpers/chromium.ts';
import { createHome, type Home, mcpkey } from '../helpers/cli.ts';
import { hasPrograms } from '../helpers/programs.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

/** Where pictures are put for people. */
const PICTURES = '.build/usage';
const LOOKS = [360, 1440].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

let sandbox: Sandbox;
let home: Home;
let chromium: Chromium;
const page = () => join(home.dir, 'usage.html');
const write = (...more: string[]) => mcpkey(['usage', '--html', 'usage.html', ...more], { home });

async function shown(look: (typeof LOOKS)[number]): Promise<Tab> {
  const tab = await chromium.tab(look);
  await tab.open(pathToFileURL(page()).href);
  return tab;
}

const overflow = (tab: Tab) => tab.evaluate('document.documentElement.scrollWidth - window.innerWidth');
/** Relative luminance contrast (WCAG 2.1) of the text against the page. */
const CONTRAST = `(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/\\d+/g).map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const back = light(getComputedStyle(document.body).backgroundColor);
  return Math.min(...[...document.querySelectorAll('h1, p, dt, dd, td, th, footer, figcaption')].map((element) => {
    const [low, high] = [light(getComputedStyle(element).color), back].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }));
})()`;

describe.runIf(hasPrograms('chromium'))('in Chromium', () => {
  beforeAll(async () => {
    [sandbox, chromium] = await Promise.all([startSandbox({ services: ['stock-data'] }), startChromium()]);
    home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
    const { url, mcpUrl } = sandbox.service('stock-data');
    await mcpkey(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl], { home });
    await mkdir(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    await chromium.close();
    await sandbox.close();
  });

  describe.each(LOOKS)('at $width px, $scheme', (look) => {
    it('fits, reads well, complains of nothing and asks nobody', async () => {
      expect((await write()).code).toBe(0);
      const tab = await shown(look);
      await writeFile(join(PICTURES, `${look.width}-${look.scheme}.png`), await tab.picture());
      expect(await overflow(tab)).toBeLessThanOrEqual(0);
      expect(await tab.evaluate('document.querySelectorAll("g[data-says]").length')).toBe(30);
      expect(await tab.evaluate(CONTRAST)).toBeGreaterThanOrEqual(4.5);
      const dark = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(dark).toBe(look.scheme === 'dark' ? 'rgb(21, 24, 28)' : 'rgb(255, 255, 255)');
      expect(tab.complaints).toEqual([]);
      expect(tab.requests).toEqual([pathToFileURL(page()).href, 'data:,'].slice(0, tab.requests.length));
    });
  });

  it('says the figures of the service', async () => {
    const { code, stderr } = await write('--days', '60');
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Wrote ${page()}`)]);
    const tab = await shown({ width: 1440, scheme: 'light' });
    const text = String(await tab.evaluate('document.body.innerText'));
    expect(text).toMatch(/Calls\s+30\s+Records\s+\d+\s+Failed of the last 30\s+3/);
    expect(text).toMatch(/get_daily_prices\s+10\s+\d\s+\d+ ms\s+\d+ ms\s+\d+ ms/);
  });

  it('works by keyboard alone: days by arrows, days in numbers, tables in another order', async () => {
    await write();
    const tab = await shown({ width: 1440, scheme: 'light' });
    const focus = () => tab.evaluate('document.activeElement.className || document.activeElement.textContent');
    const order: unknown[] = [];
    for (let steps = 0; steps < 6; steps += 1) {
      await tab.press('Tab');
      order.push(await focus());
      if ((await focus()) === 'chart') {
        await tab.press('Home');
        const first = await tab.evaluate('document.getElementById("said").textContent');
        await tab.press('ArrowRight');
        const second = await tab.evaluate('document.getElementById("said").textContent');
        expect([first, second]).toEqual([expect.stringMatching(/^\d{4}-.*: \d+ calls/), expect.any(String)]);
        expect(second).not.toBe(first);
      }
      if ((await focus()) === 'All days in numbers') {
        await tab.press('Enter');
        expect(await tab.evaluate('document.querySelector("details").open')).toBe(true);
        await tab.press('Enter');
      }
      if ((await focus()) === 'Tool') await tab.press('Enter');
    }
    expect(order).toEqual(['skip', 'chart', 'All days in numbers', 'wide', 'Tool', 'Calls']);
    expect(
      await tab.evaluate('[...document.querySelectorAll("h2#tools ~ div tbody th")].map((cell) => cell.innerText)'),
    ).toEqual(['search_stocks', 'get_income_statement', 'get_daily_prices']);
  });

  it('lets no name out of its cell', async () => {
    const evil = `<img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>"'&\u202e`;
    const names = [evil, 'x'.repeat(400), '日本語 🚀'.repeat(30)];
    const answer = (match: string, body: unknown) =>
      sandbox.fault('stock-data', { match, times: 9, action: { kind: 'answer', status: 200, body } });
    const stats = { daily_stats: [], total_calls: 1e12, total_records: 3 };
    answer('/api/mcp-usage/stats*', { ...stats, top_tools: names.map((name) => ({ tool_name: name, call_count: 3 })) });
    const record = { tool_name: evil, duration_ms: 1e9, is_error: true, created_at: '2026-11-20T10:00:00' };
    answer('/api/mcp-usage/history*', { records: [record] });
    expect((await write('--days', '3')).code).toBe(0);
    sandbox.clearFaults();
    expect(await readFile(page(), 'utf8')).not.toContain('<img');
    const tab = await shown({ width: 360, scheme: 'light' });
    await writeFile(join(PICTURES, 'hostile.png'), await tab.picture());
    expect(await tab.evaluate('document.querySelector("tbody th[scope=row]").innerText')).not.toContain('\u202e');
    expect(await tab.evaluate('document.body.innerText')).toContain('<img src=x');
    expect(await tab.evaluate('document.images.length + document.scripts.length')).toBe(1);
    expect(await overflow(tab)).toBeLessThanOrEqual(0);
    expect(tab.complaints).toEqual([]);
    // The policy holds even where something slips through: an element that was put in later cannot run.
    await tab.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "owned"' }))`,
    );
    expect(await tab.evaluate('document.title')).not.toBe('owned');
    expect(tab.complaints.join()).toContain('Content Security Policy');
  });

  it('overwrites its own page, and no other file', async () => {
    await write();
    expect((await write('--days', '7')).code).toBe(0);
    const other = await home.write('notes.txt', 'mine\n');
    const { code, stderr } = await mcpkey(['usage', '--html', other, '--json'], { home });
    expect([code, JSON.parse(stderr).error.code, await readFile(other, 'utf8')]).toEqual([1, 'conflict', 'mine\n']);
  });

  it.each(['-', 'nowhere/usage.html'])('is not written to %j: that is no file, or has no folder', async (file) => {
    const { code, stderr } = await mcpkey(['usage', '--html', file, '--json'], { home });
    expect([code, JSON.parse(stderr).error.code]).toEqual([2, 'usage']);
    expect(existsSync(join(home.dir, 'nowhere'))).toBe(false);
  });
});
