import { defineCommand } from '../../command.ts';
import { scheduleStatus } from '../../schedule/install.ts';
import { printSchedule } from '../../views/schedule.ts';

export const command = defineCommand({
  summary: 'Show whether keys are rotated at night, and when next',
  examples: [{ run: 'mcpkey schedule status', does: 'what runs, when, and by which files' }],
  async run(context) {
    printSchedule(context.io, await scheduleStatus(context), context.now());
    return undefined;
  },
});
