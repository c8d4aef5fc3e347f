import type { Context } from '../context.ts';
import { failure, ok, skipped, warning } from './findings.ts';
import { eachProfile } from './subjects.ts';
import type { Check } from './types.ts';

/** Milliseconds. */
const WARNING = 60_000;
const ERROR = 300_000;

export const check: Check = {
  id: 'profile.clock',
  title: 'This machine’s clock',
  looksAt: 'The difference between this machine’s clock and the time that each server names in its answer.',
  warning: 'More than a minute: tokens and signatures begin to be refused.',
  error: 'More than five minutes: logins, signatures and certificates fail.',
  remedies: ['Let the system set its clock from the network; the command is printed.'],
  looks: eachProfile(async (profile, scope) => {
    const { mcp, api } = await scope.reach(profile);
    const ahead = mcp?.ahead ?? api?.ahead ?? null;
    if (ahead === null) return skipped('No server names its time.');
    const away = Math.abs(ahead);
    const seen = `This machine’s clock is ${inWords(away)} ${ahead > 0 ? 'ahead of' : 'behind'} the server’s.`;
    if (away <= WARNING) return ok(away < 2_000 ? 'It agrees with the server’s.' : seen);
    return (away > ERROR ? failure : warning)(seen, remedy(scope.context.platform));
  }),
};

function inWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function remedy(platform: Context['platform']): string {
  if (platform === 'darwin') return 'sudo sntp -sS time.apple.com';
  return platform === 'win32' ? 'w32tm /resync' : 'sudo timedatectl set-ntp true';
}
