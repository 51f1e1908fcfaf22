/** Colours of the canvas, read from the style sheet so that a theme stands in one place. */
export interface ChartTheme {
  solid: string;
  faint: string;
  faintStroke: string;
  line: string;
  grid: string;
  text: string;
  hatch: string;
  gapText: string;
  /** What lies behind the chart. */
  ground: string;
  font: string;
}

export function readTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    solid: colour('--chart-solid'),
    faint: colour('--chart-faint'),
    faintStroke: colour('--chart-faint-stroke'),
    line: colour('--chart-line'),
    grid: colour('--chart-grid'),
    text: colour('--ink-muted'),
    hatch: colour('--chart-hatch'),
    gapText: colour('--ink-muted'),
    ground: colour('--surface'),
    font: `11px ${style.fontFamily}`,
  };
}
