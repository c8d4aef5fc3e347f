/** mcpkey's own version, as package.json has it. */
export { version } from '../package.json';
