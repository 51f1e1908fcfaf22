/** Line icons, 16 px grid, coloured by the text around them. */
const icon = (path: string) => () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={path} />
  </svg>
);

export const DownloadIcon = icon('M8 2.5v7m0 0L5.2 6.8M8 9.5l2.8-2.7M3 11.5v1.2c0 .5.4.8.8.8h8.4c.4 0 .8-.3.8-.8v-1.2');
export const BackIcon = icon('M9.8 3.5 5.3 8l4.5 4.5');
export const SearchIcon = icon('M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10Zm3.6-1.4L14 14');
export const ExitIcon = icon('M6.5 2.8H4c-.6 0-1 .4-1 1v8.4c0 .6.4 1 1 1h2.5M10 5l3 3-3 3m3-3H6.2');
export const AlertIcon = icon('M8 2.6 14.2 13H1.8L8 2.6Zm0 3.9v3m0 1.7v.1');

/** The mark: three risers on a sensing arc. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <g fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round">
      <path d="M8 21.5a11.3 11.3 0 0 1 16 0" opacity=".5" />
      <path d="M11.2 16.2V9.5M16 14.2V6.5M20.8 16.2V9.5" />
    </g>
    <circle cx="16" cy="23.4" r="2.6" class="mark-dot" />
  </svg>
);
