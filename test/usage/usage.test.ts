import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { barChart } from '../../src/usage/chart.ts';
import { everyDay } from '../../src/usage/figures.ts';
import { createHome, type Home, mcpkey, mcpkeyJson } from '../helpers/cli.ts';
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
      {
        days: 3,
        totalCalls: 5,
        totalRecords: null,
        daily: [{ date: '2026-11-20', calls: 5, records: null }],
        tools: [],
        records: [],
      },
      Date.UTC(2026, 10, 21, 3),
    );
    expect(days.map(({ date, calls }) => [date, calls])).toEqual([
      ['2026-11-19', 0],
      ['2026-11-20', 5],
      ['2026-11-21', 0],
    ]);
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

  it('is a chart and a table for people', async () => {
    const { code, stdout } = await mcpkey(['usage', '--days', '7'], { home });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/stock-data: \d+ calls, \d+ records in 7 days/)]);
    expect(stdout).toMatch(/TOOL +CALLS/);
  });

  it.each([
    [['--days', '0'], 2],
    [['--days', '366'], 2],
    [['--days', 'week'], 2],
    [['--page', '2'], 2],
  ])('refuses %o', async (options, exit) => expect((await mcpkey(['usage', ...options], { home })).code).toBe(exit));

  it('names the page where a service shows figures in its dashboard alone', async () => {
    const { mcpUrl } = sandbox.service('mcp-cloud');
    await mcpkey(['profile', 'add', 'mcp-cloud', '--mcp-url', mcpUrl], { home });
    const { code, stderr } = await mcpkey(['usage', '-p', 'mcp-cloud'], { home });
    expect([code, stderr]).toEqual([1, expect.stringContaining('https://mcp-cloud.ai')]);
  });
});
