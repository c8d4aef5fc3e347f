import { defineCommand } from '../../command.ts';
import { removeSchedule } from '../../schedule/install.ts';
import { printSchedule } from '../../views/schedule.ts';

export const command = defineCommand({
  summary: 'Rotate no keys at night any more',
  details: 'Ends the timer and takes its files away. Where there is none, nothing is done.',
  examples: [{ run: 'mcpkey schedule remove', does: 'ends the nightly rotation of this machine' }],
  async run(context) {
    const { row, warnings } = await removeSchedule(context);
    printSchedule(context.io, row, context.now());
    for (const warning of warnings) context.io.warn(warning);
    return undefined;
  },
});
