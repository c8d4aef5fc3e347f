/** A login on a terminal: addresses, code and QR code on stderr, prompts for what is missing. */
import type { DevicePrompt, LoginMethodId } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { LoginChoice, LoginScreen } from '../session/login.ts';
import type { WhoamiRow } from '../session/state.ts';
import { formatAgo } from './times.ts';

/** Loads the QR code's library where there is a terminal to draw on. */
export async function terminalLogin(
  { io, openPage }: Pick<Context, 'io' | 'openPage'>,
  options: { noBrowser: boolean },
): Promise<LoginScreen> {
  const qr = io.stderrTty && !io.json ? await import('uqr') : undefined;
  const open = async (url: string) => !options.noBrowser && (await openPage(url));
  return {
    attended: io.interactive,
    showDevice(prompt) {
      if (io.json) return void io.say(JSON.stringify(prompt));
      showCode(io, prompt, qr?.renderUnicodeCompact(prompt.verificationUriComplete ?? prompt.verificationUri));
      void open(prompt.verificationUriComplete ?? prompt.verificationUri);
    },
    async openBrowser(authorizationUrl) {
      if (io.json) io.say(JSON.stringify({ authorizationUrl }));
      else io.say(`Open this page to log in:\n  ${authorizationUrl}`);
      const opened = await open(authorizationUrl);
      io.note(opened ? 'It was opened in the browser. Waiting for the answer …' : 'Waiting for the answer …');
    },
    askText: (question, hint) => io.askText(question, { hint }),
    askSecret: (question, hint) => io.askSecret(question, { hint }),
    readToken: () => io.readStdin(),
    note: (text) => io.debug(text),
  };
}

function showCode(io: Io, prompt: DevicePrompt, qr: string | undefined): void {
  io.say(`Open ${io.bold(prompt.verificationUri)}`);
  io.say(`and enter the code ${io.bold(prompt.userCode)}`);
  if (prompt.verificationUriComplete) io.say(`or open ${prompt.verificationUriComplete} and compare the code.`);
  if (qr) io.say(`\n${qr}\n`);
  io.note(`Waiting for the approval (${Math.max(1, Math.round(prompt.expiresIn / 60))} minutes at most) …`);
}

interface Chosen {
  readonly device: boolean;
  readonly web: boolean;
  readonly clientCredentials: boolean;
  readonly password: boolean;
  readonly tokenStdin: boolean;
  readonly githubOidc: boolean;
  readonly redirectPort: string | undefined;
}

/** The options as a choice. Throws `usage` for two ways at once, or a port that is none. */
export function loginChoice(options: Chosen, scopes: readonly string[]): LoginChoice {
  const ways: readonly [boolean, LoginMethodId, string][] = [
    [options.device, 'device', '--device'],
    [options.web, 'web', '--web'],
    [options.clientCredentials, 'client-credentials', '--client-credentials'],
    [options.password, 'password', '--password'],
    [options.tokenStdin, 'token', '--token-stdin'],
    [options.githubOidc, 'github-oidc', '--github-oidc'],
  ];
  const chosen = ways.filter(([given]) => given);
  if (chosen.length > 1) {
    throw new UserError('usage', `${chosen.map(([, , option]) => option).join(' and ')} exclude each other.`, {
      hint: 'Choose one.',
    });
  }
  return {
    method: chosen[0]?.[1],
    scopes: scopes.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean),
    redirectPort: options.redirectPort === undefined ? undefined : readPort(options.redirectPort),
  };
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65_536) return port;
  throw new UserError('usage', `--redirect-port: ${text} is no port.`, { hint: 'A number from 1 to 65535.' });
}

/** `now` in ms. */
export function printLogin(io: Io, row: WhoamiRow, now: number): void {
  const who = row.account ? ` as ${row.account}` : '';
  const until = row.expiresAt ? `; the token ends ${formatAgo(row.expiresAt, now)}` : '';
  io.out(`Logged in to ${row.profile}${who} (${row.method}${until}).`);
}
