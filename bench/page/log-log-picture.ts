/** A plain picture of series on two logarithmic axes, legible on light and on dark pages. */

import type { Point, Series } from './cold-units';

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 72;
const RIGHT = 176;
const TOP = 44;
const BOTTOM = 56;
/** Distances between two labels at the right end below which they would overlap. */
const LABEL_HEIGHT = 16;

export interface PictureOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
}

interface Axes {
  x(n: number): number;
  y(units: number): number;
  xTicks: readonly number[];
  yTicks: readonly number[];
}

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .grid { stroke: #d0d7de; }
  .axis { stroke: #57606a; }
  .line { fill: none; stroke-width: 2.5; }
  .s0 { stroke: #0969da; } .s1 { stroke: #bc4c00; } .s2 { stroke: #6639ba; }
  .s3 { stroke: #1a7f37; }
  circle.s0 { fill: #0969da; } circle.s1 { fill: #bc4c00; } circle.s2 { fill: #6639ba; }
  circle.s3 { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .grid { stroke: #30363d; }
    .axis { stroke: #8b949e; }
    .s0 { stroke: #58a6ff; } .s1 { stroke: #f0883e; } .s2 { stroke: #bc8cff; }
    .s3 { stroke: #3fb950; }
    circle.s0 { fill: #58a6ff; } circle.s1 { fill: #f0883e; } circle.s2 { fill: #bc8cff; }
    circle.s3 { fill: #3fb950; }
  }`;

/** The picture as a document of SVG without a background of its own. */
export function logLogPicture({ title, xLabel, yLabel, series }: PictureOptions): string {
  const axes = axesOf(series.flatMap(({ points }) => points));
  const middle = { x: (LEFT + WIDTH - RIGHT) / 2, y: (TOP + HEIGHT - BOTTOM) / 2 };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="${LEFT}" y="24">${escaped(title)}</text>`,
    ...axes.xTicks.map((n) => verticalRule(axes.x(n), short(n))),
    ...axes.yTicks.map((units) => horizontalRule(axes.y(units), short(units))),
    `<path class="axis" fill="none" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    `<text x="${middle.x}" y="${HEIGHT - 14}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(18 ${middle.y}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
    ...series.map(({ points }, i) => curve(points, axes, i)),
    ...labels(series, axes),
    '</svg>',
    '',
  ].join('\n');
}

function axesOf(points: readonly Point[]): Axes {
  const xTicks = ticksOver(
    points.map(({ n }) => n),
    [1, 2, 5],
  );
  const yTicks = ticksOver(
    points.map(({ units }) => units),
    [1],
  );
  const scale = (ticks: readonly number[], from: number, to: number) => {
    const low = Math.log(ticks[0] ?? 1);
    const high = Math.log(ticks.at(-1) ?? 10);
    return (value: number) =>
      rounded(from + ((to - from) * (Math.log(value) - low)) / (high - low));
  };
  return {
    x: scale(xTicks, LEFT, WIDTH - RIGHT),
    y: scale(yTicks, HEIGHT - BOTTOM, TOP),
    xTicks,
    yTicks,
  };
}

/** The steps of each decade from just below the least value to just above the greatest. */
function ticksOver(values: readonly number[], steps: readonly number[]): number[] {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const ticks: number[] = [];
  for (let decade = Math.floor(Math.log10(least)); 10 ** decade <= 10 * greatest; decade += 1) {
    ticks.push(...steps.map((step) => step * 10 ** decade));
  }
  const first = ticks.findLastIndex((tick) => tick <= least);
  const last = ticks.findIndex((tick) => tick >= greatest);
  return ticks.slice(first, Math.max(last, first + 1) + 1);
}

function verticalRule(x: number, label: string): string {
  const end = HEIGHT - BOTTOM;
  return `<path class="grid" d="M${x} ${TOP}V${end}"/><text x="${x}" y="${end + 18}" text-anchor="middle">${label}</text>`;
}

function horizontalRule(y: number, label: string): string {
  return `<path class="grid" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${label}</text>`;
}

function curve(points: readonly Point[], axes: Axes, i: number): string {
  const places = points.map(({ n, units }) => ({ x: axes.x(n), y: axes.y(units) }));
  const path = places.map(({ x, y }) => `${x} ${y}`).join('L');
  const dots = places.map(({ x, y }) => `<circle class="s${i}" cx="${x}" cy="${y}" r="3.5"/>`);
  return `<path class="line s${i}" d="M${path}"/>${dots.join('')}`;
}

/** Names at the right ends of the lines, moved apart where they would overlap. */
function labels(series: readonly Series[], axes: Axes): string[] {
  const ends = series.flatMap(({ name, points }, i) => {
    const end = points.at(-1);
    return end === undefined ? [] : [{ name, i, x: axes.x(end.n), y: axes.y(end.units) }];
  });
  ends.sort((a, b) => a.y - b.y);
  let free = 0;
  return ends.map(({ name, x, y }) => {
    const at = Math.max(y + 4, free);
    free = at + LABEL_HEIGHT;
    return `<text x="${x + 10}" y="${at}">${escaped(name)}</text>`;
  });
}

function short(value: number): string {
  return value >= 1000 ? `${value / 1000}k` : String(value);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
