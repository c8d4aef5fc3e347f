/** The tools that the finance server of the sandbox offers; two of them write. */
import type { ToolSketch } from './mcp.ts';

export const AI2FIN_TOOLS: readonly ToolSketch[] = [
  {
    name: 'list_transactions',
    title: 'Transactions',
    description: 'Transactions of one month.',
    input: ['month'],
    answer: ({ month }) => [{ month, payee: 'Stationer', amount: -42.5, category: 'office' }],
  },
  {
    name: 'get_tax_deductions',
    title: 'Tax deductions',
    description: 'What can be deducted in one year.',
    input: ['year'],
    answer: ({ year }) => ({ year, total: 1830 }),
  },
  {
    name: 'create_expense',
    title: 'New expense',
    description: 'Books an expense.',
    input: ['payee', 'amount'],
    writes: true,
    answer: ({ payee, amount }) => ({ booked: true, payee, amount }),
  },
  {
    name: 'delete_expense',
    title: 'Delete expense',
    description: 'Deletes one expense for good.',
    input: ['id'],
    writes: true,
    answer: ({ id }) => ({ deleted: id }),
  },
];
