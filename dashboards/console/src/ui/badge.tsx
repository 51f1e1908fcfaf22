import type { ComponentChildren } from 'preact';

export interface BadgeProps {
  tone: 'good' | 'warn' | 'bad' | 'info' | 'plain';
  /** Starts with a dot in the tone's colour; the words still carry the meaning. */
  dot?: boolean;
  hint?: string;
  children: ComponentChildren;
}

export function Badge({ tone, dot = false, hint, children }: BadgeProps) {
  return (
    <span class={`badge is-${tone}`} title={hint}>
      {dot && <i class="dot" />}
      {children}
    </span>
  );
}
