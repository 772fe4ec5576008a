import { AGENT_UID } from '../../model/ports.ts';

/**
 * Becomes the agent's user for good. Leaving uid 0 makes the kernel clear every capability of the process
 * (capabilities(7), "Effect of user ID changes").
 */
export function dropPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(AGENT_UID);
  process.setuid?.(AGENT_UID);
}
