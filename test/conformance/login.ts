/** What every login method does, whatever its protocol. Each runs it against a real server on loopback. */
import { expect, test } from 'vitest';
import type { LoginMethod, LoginPorts, LoginRequest } from '../../src/auth/types.ts';
import { Cancelled, UserError } from '../../src/errors.ts';

export interface LoginCase {
  readonly method: LoginMethod;
  /** A login that succeeds, with the person's or the machine's part played. */
  succeeds(): { request: LoginRequest; ports: LoginPorts };
  /** One that the server, the person or the check of the token refuses; `secrets` may stand in no message. */
  refused(): { request: LoginRequest; ports: LoginPorts; secrets: readonly string[] };
  /** One whose server is not there. */
  unreachable(): { request: LoginRequest; ports: LoginPorts };
  /** One at an address that is neither https nor loopback. */
  readable(): { request: LoginRequest; ports: LoginPorts };
  /** One that waits: for a person, or for an answer that never comes. `stop` aborts it once it does. */
  waiting(stop: AbortController): { request: LoginRequest; ports: LoginPorts };
}

export async function failureOf(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw new Error(`expected a UserError, got ${error instanceof Error ? error.stack : String(error)}`);
}

export function loginConformance(id: LoginMethod['id'], set: () => LoginCase): void {
  test(`${id}: a login yields a session that can be used and says when it ends`, async () => {
    const { method, succeeds } = set();
    const { request, ports } = succeeds();
    const session = await method.run(request, ports);
    expect(method.id).toBe(id);
    expect(session.method).toBe(id);
    expect(session.accessToken.reveal().length).toBeGreaterThan(20);
    expect(Date.parse(session.expiresAt ?? '')).toBeGreaterThan(ports.now());
    expect(session.account).toEqual(expect.stringMatching(/./));
  });

  test(`${id}: nothing of a session is shown by accident`, async () => {
    const { method, succeeds } = set();
    const { request, ports } = succeeds();
    const session = await method.run(request, ports);
    const hidden = [session.accessToken, session.refreshToken, session.clientSecret].filter(
      (value) => value !== undefined,
    );
    for (const value of hidden) expect(JSON.stringify(session)).not.toContain(value.reveal());
    expect(JSON.stringify(session)).toContain('[secret]');
  });

  test(`${id}: a refusal is not_logged_in or invalid_token, exit 3, and names no secret`, async () => {
    const { method, refused } = set();
    const { request, ports, secrets } = refused();
    const error = await failureOf(method.run(request, ports));
    expect(['not_logged_in', 'invalid_token']).toContain(error.code);
    expect(error.exitCode).toBe(3);
    for (const value of secrets) expect(`${error.message} ${error.hint}`).not.toContain(value);
  });

  test(`${id}: a server that is not there is unreachable`, async () => {
    const { method, unreachable } = set();
    const { request, ports } = unreachable();
    const error = await failureOf(method.run(request, ports));
    expect(error.code).toBe('unreachable');
    expect(error.message).toMatch(/127\.0\.0\.1/);
  });

  test(`${id}: readable transport to another host is refused before anything is sent`, async () => {
    const { method, readable } = set();
    const { request, ports } = readable();
    const error = await failureOf(method.run(request, ports));
    expect(error.code).toBe('usage');
    expect(error.hint).toContain('--allow-http');
  });

  test(`${id}: it ends at once when the command is stopped`, async () => {
    const { method, waiting } = set();
    const stop = new AbortController();
    const { request, ports } = waiting(stop);
    const started = Date.now();
    await expect(method.run(request, ports)).rejects.toBeInstanceOf(Cancelled);
    expect(Date.now() - started).toBeLessThan(2_000);
  });
}
