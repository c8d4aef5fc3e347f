import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/io/progress.ts';
import { type Stocked, startStocked } from '../cli/stocked.ts';
import { mcpkey } from '../helpers/cli.ts';
import { terminal } from '../helpers/terminal.ts';

describe('the line', () => {
  let text: string;
  beforeEach(() => {
    vi.useFakeTimers();
    text = '';
    return () => vi.useRealTimers();
  });
  const progress = (width = 40) =>
    createProgress({ stderr: { write: (chunk: string) => (text += chunk) }, width, now: () => Date.now() });
  /** What stands on the line in the end. */
  const line = () => text.split('\r\u001b[K').at(-1);
  const waiting = () => new Promise<void>(() => undefined);

  it('comes after half a second, names what began last, and says how long', async () => {
    const { during } = progress();
    void during('Working', waiting);
    await vi.advanceTimersByTimeAsync(490);
    expect(text).toBe('');
    await vi.advanceTimersByTimeAsync(200);
    expect(line()).toMatch(/^[⠀-⣿] Working …$/);
    void during('Waiting for 127.0.0.1:8000', waiting);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(line()).toMatch(/^[⠀-⣿] Waiting for 127.0.0.1:8000 … 3 s$/);
  });

  it('goes when the work ends, also by a failure', async () => {
    const { during } = progress();
    const failed = during('Working', () => new Promise((_resolve, reject) => setTimeout(reject, 900, new Error('no'))));
    const caught = failed.catch((error: Error) => error.message);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([await caught, line()]).toEqual(['no', '']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('makes room for other lines and for questions', async () => {
    const { during, clear, silenced } = progress();
    void during('Working', waiting);
    await vi.advanceTimersByTimeAsync(700);
    clear();
    expect(line()).toBe('');
    await vi.advanceTimersByTimeAsync(490);
    expect(line()).toBe('');
    await vi.advanceTimersByTimeAsync(200);
    expect(line()).toMatch(/Working …$/);
    let answer = () => {};
    void silenced(
      () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    );
    const before = text;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(text).toBe(before);
    answer();
    await vi.advanceTimersByTimeAsync(490);
    expect(text).toBe(before);
    await vi.advanceTimersByTimeAsync(200);
    expect(line()).toMatch(/Working …$/);
  });

  it('is never wider than the terminal', async () => {
    void progress(20).during('Waiting for a-very-long-name.of-a-host.example', waiting);
    await vi.advanceTimersByTimeAsync(700);
    expect(line()).toHaveLength(19);
  });
});

describe('mcpkey', () => {
  let stocked: Stocked;
  beforeAll(async () => {
    stocked = await startStocked();
  });
  afterAll(() => stocked.close());
  const slow = () =>
    stocked.sandbox.fault('stock-data', {
      match: /\/api\//,
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'delay', milliseconds: 1_200 },
    });

  it('says on a terminal whom it waits for, and takes that away', async () => {
    const fault = slow();
    const { host } = new URL(stocked.sandbox.service('stock-data').url);
    const shown = terminal(['list'], { home: stocked.machine.home });
    expect(await shown.ended).toBe(0);
    expect(shown.raw).toContain(`Waiting for ${host} …`);
    expect(shown.text).not.toContain('Waiting for');
    for (const quiet of ['--quiet', '--json', '--verbose']) {
      const silent = terminal(['list', quiet], { home: stocked.machine.home });
      expect(await silent.ended).toBe(0);
      expect(silent.raw).not.toMatch(/[⠀-⣿]/);
    }
    expect((await mcpkey(['list'], { home: stocked.machine.home })).stderr).toBe('');
    fault.remove();
  });
});
