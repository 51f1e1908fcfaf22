import type uPlot from 'uplot';
import { type Column, gapRuns } from './columns.ts';
import type { ChartTheme } from './theme.ts';

/** Hatches every run of gaps over the full height and writes the word into it where it fits. Runs below the bars. */
export function drawGaps(plot: uPlot, columns: readonly Column[], theme: ChartTheme, word: string): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  const pattern = hatch(ctx, theme.hatch, scale);
  ctx.save();
  ctx.font = theme.font.replace(/^\d+/, String(10 * scale));
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const [from, to] of gapRuns(columns)) {
    const left = plot.valToPos(from - 0.46, 'x', true);
    const width = plot.valToPos(to + 0.46, 'x', true) - left;
    ctx.fillStyle = pattern;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = theme.gapText;
    writeWord(ctx, word, left + width / 2, bbox.top + bbox.height / 2, width - 4 * scale, 12 * scale);
  }
  ctx.restore();
}

/** A known zero is a statement: it gets a mark on the base line, so that it does not look like nothing. */
export function drawZeros(plot: uPlot, columns: readonly Column[], theme: ChartTheme): void {
  const { ctx } = plot;
  const base = plot.valToPos(0, 'y', true);
  const scale = devicePixelRatio;
  ctx.save();
  ctx.fillStyle = theme.solid;
  columns.forEach((column, i) => {
    if (column.value !== 0 || column.state === 'gap') return;
    const left = plot.valToPos(i - 0.3, 'x', true);
    ctx.fillRect(left, base - 2 * scale, plot.valToPos(i + 0.3, 'x', true) - left, 2 * scale);
  });
  ctx.restore();
}

/** Stripes over the top of a column for energy that is certain in the bucket, but whose hours are unknown. */
export function drawUndistributed(plot: uPlot, columns: readonly Column[], theme: ChartTheme): void {
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = hatch(ctx, theme.ground, devicePixelRatio);
  columns.forEach((column, i) => {
    if (column.value === null || column.undistributed <= 0) return;
    const top = plot.valToPos(column.value, 'y', true);
    const bottom = plot.valToPos(Math.max(0, column.value - column.undistributed), 'y', true);
    const left = plot.valToPos(i - 0.37, 'x', true);
    ctx.fillRect(left, top, plot.valToPos(i + 0.37, 'x', true) - left, bottom - top);
  });
  ctx.restore();
}

/** Across where the word fits; down the column where only one glyph or line height fits; otherwise not at all. */
function writeWord(
  ctx: CanvasRenderingContext2D,
  word: string,
  x: number,
  y: number,
  width: number,
  lineHeight: number,
): void {
  if (ctx.measureText(word).width <= width) {
    ctx.fillText(word, x, y);
  } else if (width >= lineHeight * 0.8) {
    const upright = /\p{Script=Han}/u.test(word);
    if (upright) {
      const glyphs = [...word];
      const top = y - ((glyphs.length - 1) / 2) * lineHeight;
      for (const [i, glyph] of glyphs.entries()) ctx.fillText(glyph, x, top + i * lineHeight);
    } else {
      ctx.translate(x, y);
      ctx.rotate(-Math.PI / 2);
      ctx.fillText(word, 0, 0);
      ctx.rotate(Math.PI / 2);
      ctx.translate(-x, -y);
    }
  }
}

function hatch(ctx: CanvasRenderingContext2D, colour: string, scale: number): CanvasPattern | string {
  const size = Math.round(7 * scale);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = scale;
  pen.beginPath();
  // Three strokes, so that the tile joins its neighbours at the corners.
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat') ?? colour;
}
