/** Logins that a person approves, with that person being the sandbox. */
import { expect } from 'vitest';
import type { z } from 'zod';
import type { Sandbox } from '../sandbox/index.ts';
import { WHO } from './documents.ts';
import type { Machine } from './machine.ts';

type Approve = (url: string) => Promise<unknown>;

/** Runs `mcpkey ARGS --json`, approves what it asks to open, and resolves to its row of `whoami`. */
export async function approvedLogin(
  machine: Machine,
  args: readonly string[],
  field: 'verificationUriComplete' | 'authorizationUrl',
  approve: Approve,
): Promise<z.infer<typeof WHO>> {
  const running = machine.start([...args, '--json']);
  const [, url = ''] = await running.printed(new RegExp(`"${field}":"([^"]+)"`));
  await approve(url);
  const { code, stdout, stderr } = await running.finished;
  expect(code, stderr).toBe(0);
  return WHO.parse(JSON.parse(stdout));
}

export const deviceLogin = (machine: Machine, sandbox: Sandbox, args: readonly string[]) =>
  approvedLogin(machine, [...args, '--device'], 'verificationUriComplete', (uri) => sandbox.issuer.approveDevice(uri));

export const webLogin = (machine: Machine, sandbox: Sandbox, args: readonly string[]) =>
  approvedLogin(machine, [...args, '--web'], 'authorizationUrl', (url) => sandbox.issuer.approveBrowser(url));
