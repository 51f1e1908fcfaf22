import type { ComponentChildren } from 'preact';

export interface TileProps {
  label: string;
  value: ComponentChildren;
  unit?: string | undefined;
  /** Lines below the figure: what it is compared with, what it leaves out. */
  children?: ComponentChildren;
  class?: string;
}

/** One figure of the day. */
export function Tile({ label, value, unit, children, class: more = '' }: TileProps) {
  return (
    <section class={`tile ${more}`}>
      <h2>{label}</h2>
      <p class="tile-value">
        {value}
        {unit && <small>{unit}</small>}
      </p>
      <div class="tile-notes">{children}</div>
    </section>
  );
}
