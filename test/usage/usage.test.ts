import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findAlerts } from '../../src/usage/alert.ts';
import { byTool, durationsOf } from '../../src/usage/calls.ts';
import { barChart } from '../../src/usage/chart.ts';
import { byWeek, everyDay } from '../../src/usage/figures.ts';
import { createHome, type Home, mcpkey, mcpkeyJson } from '../helpers/cli.ts';
import { terminal } from '../helpers/terminal.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

describe('the chart', () => {
  it('fills the terminal with the longest bar and keeps small ones visible', () => {
    const lines = barChart(
      [
        { label: '2026-11-19', value: 0 },
        { label: '2026-11-20', value: 1 },
        { label: '2026-11-21', value: 1000 },
      ],
      40,
    );
    expect(lines).toEqual(['2026-11-19     0', '2026-11-20     1  ▏', `2026-11-21  1000  ${'█'.repeat(22)}`]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  it('has a line for every day, also those without calls', () => {
    const days = everyDay(
      { days: 3, daily: [{ date: '2026-11-20', calls: 5, records: null }] },
      Date.UTC(2026, 10, 21, 3),
    );
    expect(days.map(({ date, calls }) => [date, calls])).toEqual([
      ['2026-11-19', 0],
      ['2026-11-20', 5],
      ['2026-11-21', 0],
    ]);
  });
});

describe('figures', () => {
  const day = (date: string, calls: number) => ({ date, calls, records: null });

  it('by week begin on a Monday', () => {
    const days = [day('2026-11-15', 1), day('2026-11-16', 2), day('2026-11-22', 3), day('2026-11-23', 4)];
    expect(byWeek(days).map(({ date, calls }) => [date, calls])).toEqual([
      ['2026-11-09', 1],
      ['2026-11-16', 5],
      ['2026-11-23', 4],
    ]);
  });

  it.each([
    ['nothing where all days are alike', [5, 5, 5, 5], []],
    ['the one that is far above', [5, 0, 5, 15], [15]],
    ['one of few days, beside idle ones', [0, 0, 0, 40], [40]],
    ['no single call after idle days', [0, 0, 0, 1], []],
    ['both of two', [2, 2, 2, 2, 2, 9, 9], [9, 9]],
  ])('alert on %s', (_what, calls, found) => {
    const days = calls.map((value, index) => day(`2026-11-${10 + index}`, value));
    expect(findAlerts(days, 3).map((alert) => alert.calls)).toEqual(found);
  });

  it('of tools come from their own calls', () => {
    const call = (tool: string, durationMs: number, failed: boolean) => ({ at: null, tool, failed, durationMs });
    const calls = [call('a', 10, false), call('a', 30, true), call('b', 5, false)];
    const tools = [
      { name: 'b', calls: 1 },
      { name: 'a', calls: 2 },
      { name: 'c', calls: 1 },
    ];
    expect(byTool(tools, calls)).toEqual([
      { name: 'a', calls: 2, failed: 1, durations: { median: 10, p95: 30, longest: 30 } },
      { name: 'b', calls: 1, failed: 0, durations: { median: 5, p95: 5, longest: 5 } },
      { name: 'c', calls: 1, failed: null, durations: null },
    ]);
    expect(durationsOf([])).toBeNull();
  });
});

describe('mcpkey usage', () => {
  let home: Home;
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ services: ['stock-data', 'mcp-cloud'] });
    home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
    const { url, mcpUrl } = sandbox.service('stock-data');
    await mcpkey(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl], { home });
  });
  afterEach(async () => {
    await sandbox.close();
    await home.remove();
  });

  it('is a document of figures, a page of single calls with --history', async () => {
    const document = await mcpkeyJson<Record<string, unknown>>(['usage', '--days', '7'], { home });
    expect(document).toMatchObject({
      profile: 'stock-data',
      days: 7,
      totalCalls: expect.any(Number),
      totalRecords: expect.any(Number),
      records: [],
    });
    const history = await mcpkeyJson<{ records: unknown[] }>(['usage', '--history', '--page', '1'], { home });
    expect(history.records.length).toBeGreaterThan(0);
  });

  it('is tables for people, and a chart on a terminal', async () => {
    const { code, stdout } = await mcpkey(['usage', '--days', '7'], { home });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/stock-data: \d+ calls, \d+ records in 7 days/)]);
    expect(stdout).toMatch(/^DAY +CALLS +RECORDS$/m);
    expect(stdout).toMatch(/^TOOL +CALLS$/m);
    const shown = terminal(['usage', '--days', '7'], { home, columns: 60 });
    expect(await shown.ended).toBe(0);
    expect(shown.text).toMatch(/^[A-Z][a-z]{2} \d\d [A-Z][a-z]{2} +3 {2}█{30,}$/m);
    expect(shown.text.split('\n').filter((line) => line.length > 60)).toEqual([]);
  });

  it('says how many of the single calls failed, and how long they took', async () => {
    const args = ['usage', '--days', '30', '--history'];
    const { records, errors, durationMs } = await mcpkeyJson<{
      records: { is_error: boolean; duration_ms: number }[];
      errors: number;
      durationMs: { median: number; p95: number; longest: number };
    }>(args, { home });
    expect(errors).toBe(records.filter((record) => record.is_error).length);
    expect(errors).toBeGreaterThan(0);
    expect(durationMs.longest).toBe(Math.max(...records.map((record) => record.duration_ms)));
    expect(durationMs.median).toBeLessThan(durationMs.p95);
    const { stderr } = await mcpkey(args, { home });
    expect(stderr).toContain('older ones: mcpkey usage -p stock-data --days 30 --history --page 2');
    const beyond = await mcpkey([...args, '--page', '9'], { home });
    expect([beyond.stdout, beyond.stderr]).toEqual([expect.stringContaining('No single calls on page 9.'), '']);
    expect((await mcpkey(args, { home })).stdout).toMatch(/^20 calls, \d failed; half took at most \d+ ms/m);
  });

  it('tells when single calls were as people read it, on a narrow screen too, and of older ones where there are any', async () => {
    const args = ['usage', '--days', '7', '--history'];
    const { stdout, stderr } = await mcpkey(args, { home });
    expect(stdout).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/);
    expect(stdout).not.toMatch(/\dT\d\d:/);
    expect(stderr).not.toContain('older ones');
    const narrow = terminal(args, { home, columns: 60 });
    expect(await narrow.ended).toBe(0);
    expect(narrow.text).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/);
  });

  it('--alert fails on a day far above the usual, and on no other', async () => {
    const quiet = await mcpkeyJson<{ alerts: unknown[] }>(['usage', '--alert', '3'], { home });
    expect(quiet.alerts).toEqual([]);
    await mcpkey(['create', 'loop'], { home });
    const { mcpUrl } = sandbox.service('stock-data');
    const secret = sandbox.keys('stock-data').at(-1)?.secret ?? '';
    for (let calls = 0; calls < 12; calls += 1) {
      const params = { name: 'search_stocks', arguments: { query: 'x' } };
      await fetch(mcpUrl, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${secret}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: calls, method: 'tools/call', params }),
      }).then((answer) => answer.text());
    }
    const today = { date: new Date().toISOString().slice(0, 10), calls: 12, usual: 3 };
    const loud = await mcpkeyJson<{ alerts: unknown[] }>(['usage', '--alert', '3'], { home, code: 1 });
    expect(loud.alerts).toEqual([today]);
    const { code, stderr } = await mcpkey(['usage', '--alert', '3', '--quiet'], { home });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${today.date}: 12 calls, where 3 are usual.`)]);
    expect((await mcpkey(['usage', '--alert', '4.5'], { home })).code).toBe(0);
  });

  it.each([
    [['--days', '0'], 2],
    [['--days', '366'], 2],
    [['--days', 'week'], 2],
    [['--page', '2'], 2],
    [['--alert', '1'], 2],
    [['--alert', 'much'], 2],
  ])('refuses %o', async (options, exit) => expect((await mcpkey(['usage', ...options], { home })).code).toBe(exit));

  it('names the page where a service shows figures in its dashboard alone', async () => {
    const { mcpUrl } = sandbox.service('mcp-cloud');
    await mcpkey(['profile', 'add', 'mcp-cloud', '--mcp-url', mcpUrl], { home });
    const { code, stderr } = await mcpkey(['usage', '-p', 'mcp-cloud'], { home });
    expect([code, stderr]).toEqual([1, expect.stringContaining('https://mcp-cloud.ai')]);
  });
});
