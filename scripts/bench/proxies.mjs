/** How each proxy is started in front of the bench's server: Node's arguments. */

export const proxyCommand = ({ program }) => [program, 'proxy', 'bench/runner-0'];

export const remoteCommand = ({ remote, origin, key }) => [
  remote.script,
  `${origin}/mcp`,
  ...['--transport', 'http-only', '--header', `Authorization:Bearer ${key}`],
];
