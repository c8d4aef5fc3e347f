import type { CommandTree } from '../command.ts';

/** Everything a person can type, in the order of the help. A command's file is loaded when it is used. */
export const COMMANDS: CommandTree = {
  setup: {
    summary: 'Log in, make a key, place it and check it, in one go',
    load: () => import('./setup.ts'),
  },
  login: { summary: 'Log in to a service', load: () => import('./login.ts') },
  logout: { summary: 'End a login, at the server too where it can be', load: () => import('./logout.ts') },
  whoami: { summary: 'Show who is logged in where, and until when', load: () => import('./whoami.ts') },
  profile: {
    summary: 'Name and choose the services to work with',
    commands: {
      add: { summary: 'Add a profile for a provider', load: () => import('./profile/add.ts') },
      list: { summary: 'List all profiles', load: () => import('./profile/list.ts') },
      use: { summary: 'Choose the default profile', load: () => import('./profile/use.ts') },
      show: { summary: 'Show one profile', load: () => import('./profile/show.ts') },
      set: { summary: 'Change a profile', load: () => import('./profile/set.ts') },
      remove: { summary: 'Forget a profile', load: () => import('./profile/remove.ts') },
    },
  },
  create: { summary: 'Make a key', load: () => import('./create.ts') },
  import: { summary: 'Keep a key that was made elsewhere', load: () => import('./import.ts') },
  list: { summary: 'List the keys of a service', load: () => import('./list.ts') },
  show: { summary: 'Show one key and where it is placed', load: () => import('./show.ts') },
  get: { summary: 'Print the secret of a key', load: () => import('./get.ts') },
  rotate: { summary: 'Replace keys by new ones', load: () => import('./rotate.ts') },
  revoke: { summary: 'Take a key back', load: () => import('./revoke.ts') },
  place: { summary: 'Put a key into a client’s configuration', load: () => import('./place.ts') },
  unplace: { summary: 'Take a key out of a client’s configuration', load: () => import('./unplace.ts') },
  undo: { summary: 'Put back the files that a command changed', load: () => import('./undo.ts') },
  sync: { summary: 'Renew here what a rotation elsewhere left', load: () => import('./sync.ts') },
  init: { summary: 'Write mcpkey.json from what is placed here', load: () => import('./init.ts') },
  up: { summary: 'Bring this machine to what the project’s mcpkey.json wants', load: () => import('./up.ts') },
  adopt: { summary: 'Move keys that stand in clear into the secret store', load: () => import('./adopt.ts') },
  clients: { summary: 'List the MCP clients and where their configuration is', load: () => import('./clients.ts') },
  verify: { summary: 'Check a key at its MCP endpoint', load: () => import('./verify.ts') },
  doctor: { summary: 'Say what is wrong, and how to mend it', load: () => import('./doctor.ts') },
  exec: { summary: 'Run a program with a key in its environment', load: () => import('./exec.ts') },
  proxy: { summary: 'Serve a remote MCP server on stdio, with a key', load: () => import('./proxy.ts') },
  headers: { summary: 'Print the headers that carry a key, as JSON', load: () => import('./headers.ts') },
  usage: { summary: 'Show how much a service was used', load: () => import('./usage.ts') },
  log: { summary: 'Show what was changed or revealed, and when', load: () => import('./log.ts') },
  store: {
    summary: 'Choose where secrets are kept',
    commands: {
      status: { summary: 'Show which store holds what, and whether it works', load: () => import('./store/status.ts') },
      use: { summary: 'Choose the store for new secrets', load: () => import('./store/use.ts') },
      migrate: { summary: 'Move all secrets to another store', load: () => import('./store/migrate.ts') },
    },
  },
  schedule: {
    summary: 'Rotate what is due each night',
    commands: {
      install: { summary: 'Rotate the keys that are due each night', load: () => import('./schedule/install.ts') },
      remove: { summary: 'Rotate no keys at night any more', load: () => import('./schedule/remove.ts') },
      status: {
        summary: 'Show whether keys are rotated at night, and when next',
        load: () => import('./schedule/status.ts'),
      },
    },
  },
  provider: {
    summary: 'See, add and test the descriptions of services',
    commands: {
      list: { summary: 'List all providers and what each can do', load: () => import('./provider/list.ts') },
      show: { summary: 'Show one provider', load: () => import('./provider/show.ts') },
      add: { summary: 'Add a provider from a file', load: () => import('./provider/add.ts') },
      update: { summary: 'Replace an added provider by a newer file', load: () => import('./provider/update.ts') },
      remove: { summary: 'Remove an added provider', load: () => import('./provider/remove.ts') },
      init: { summary: 'Write the beginning of a provider file', load: () => import('./provider/init.ts') },
      test: { summary: 'Test a provider file against a service', load: () => import('./provider/test.ts') },
    },
  },
  completion: { summary: 'Print the completion script of a shell', load: () => import('./completion.ts') },
  help: { summary: 'Explain a command', load: () => import('./help.ts') },
  __complete: {
    summary: 'Answer a completion script',
    hidden: true,
    load: () => import('./complete.ts'),
  },
};
