import { defineCommand, flag, value } from '../../command.ts';
import { parseDuration } from '../../duration.ts';
import { UserError } from '../../errors.ts';
import { installSchedule } from '../../schedule/install.ts';
import type { TimeOfDay } from '../../schedule/types.ts';
import { printSchedule } from '../../views/schedule.ts';

/** Between the full hours, when fewer timers go off. */
const USUAL_TIME = '03:17';
/** Before the 90 days that services advise. */
const USUAL_AGE = '80d';

export const command = defineCommand({
  summary: 'Rotate the keys that are due each night',
  details:
    'Runs "rotate --all" by a timer of systemd, launchd or the Task Scheduler, up to half an hour later than the time given. Without -p the keys of every profile. It starts the newest mcpkey that was used here, so it outlives updates. Doing it again replaces what is there.',
  options: {
    at: value('HH:MM', `when, in this machine's own time (default ${USUAL_TIME})`),
    olderThan: value('DURATION', `only keys made longer ago than DURATION (default ${USUAL_AGE})`),
    everyKey: flag('all keys each night, however young'),
    grace: value('DURATION', 'let the old keys live on that long'),
  },
  examples: [
    { run: 'mcpkey schedule install', does: 'keys older than 80 days, at 03:17' },
    { run: 'mcpkey schedule install --at 05:30 --older-than 30d --grace 24h', does: 'another time and age' },
  ],
  async run(context, { options: { at = USUAL_TIME, olderThan, everyKey, grace } }) {
    const profile = context.options.profile;
    if (profile !== undefined) context.profiles.inUse(profile);
    if (everyKey && olderThan !== undefined) {
      throw new UserError('usage', '--every-key and --older-than exclude each other.', { hint: 'Choose one.' });
    }
    const age = olderThan ?? USUAL_AGE;
    parseDuration(age, '--older-than');
    if (grace !== undefined) parseDuration(grace, '--grace');
    const { row, warnings, failure } = await installSchedule(context, {
      at: parseTime(at),
      options: [
        ...(profile === undefined ? ['--all-profiles'] : ['--profile', profile]),
        ...(everyKey ? [] : ['--older-than', age]),
        ...(grace === undefined ? [] : ['--grace', grace]),
      ],
    });
    printSchedule(context.io, row, context.now());
    for (const warning of warnings) context.io.warn(warning);
    if (failure) throw failure;
    return undefined;
  },
});

function parseTime(text: string): TimeOfDay {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) return { hour: Number(hour), minute: Number(minute) };
  throw new UserError('usage', `"${text}" is no time of day.`, { hint: '--at 03:17' });
}
