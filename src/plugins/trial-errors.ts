import { randomBytes } from 'node:crypto';
import { secret } from '../secret.ts';
import { seeRefused } from './trial-mcp.ts';
import { callWith, type Run } from './trial-run.ts';

/** Errors that can be provoked without harm. */
export async function tryErrors(run: Run): Promise<void> {
  const { list, revoke } = run.provider.operations;
  const stranger = secret(`mcpkey-test-${randomBytes(12).toString('hex')}`);
  if (list.mode === 'api') {
    await run.steps.check('error.token', async () => {
      const call = callWith(run.context, run.provider, stranger);
      const drain = async () => {
        for await (const _ of await list.run(call, undefined)) return;
      };
      return run.steps.expectCode(drain, ['invalid_token', 'not_logged_in']);
    });
  }
  if (revoke.mode === 'api' && run.token) {
    await run.steps.check('error.unknown-id', () =>
      run.steps.expectCode(
        () => revoke.run(run.call, { id: '0', label: '0', name: '0' }),
        ['not_found', 'refused', 'conflict'],
      ),
    );
  }
  await run.steps.check('error.key', () => seeRefused(run, stranger));
  await run.steps.check('error.no-key', () => seeRefused(run, undefined));
}
