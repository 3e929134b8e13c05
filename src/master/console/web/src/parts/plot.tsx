import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { colour, colours } from '../theme';
import { useCell } from '../cell';
import { metric } from '../format';

const kHeight = 190;

interface Props {
  title: string;
  x: number[];
  y: (number | null)[];
  xLabel: string;
  ink: string; // name of a CSS variable
  width: number;
}

/** One curve. The last value stands in the heading, so that it is read without a pointer. */
export function Plot({ title, x, y, xLabel, ink, width }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawn = useCell(colours);
  const last = y.length > 0 ? y[y.length - 1] : null;

  useEffect(() => {
    if (!host.current || width <= 0) return undefined;
    const axis = (): uPlot.Axis => ({
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1, size: 4 },
      font: '11px system-ui, sans-serif',
    });
    const made = new uPlot(
      {
        width,
        height: kHeight,
        padding: [8, 12, 0, 0],
        scales: { x: { time: false } },
        legend: { show: false },
        cursor: { points: { size: 6 }, y: false },
        axes: [
          { ...axis(), size: 30 },
          { ...axis(), size: 52, values: (_, ticks) => ticks.map((tick) => String(Number(tick.toFixed(4)))) },
        ],
        series: [
          {},
          { stroke: colour(ink), width: 1.75, spanGaps: true, points: { show: (u) => (u.data[0]?.length ?? 0) < 40, size: 4 } },
        ],
        hooks: {
          setCursor: [
            (u) => {
              const at = u.cursor.idx;
              const said = host.current?.parentElement?.querySelector('.plot-at');
              if (!said) return;
              const xs = u.data[0]?.[at ?? -1];
              said.textContent = at === null || at === undefined || xs === undefined ? '' : `${Number(xs.toFixed(2))} → ${metric(u.data[1]?.[at])}`;
            },
          ],
        },
      },
      [x, y] as uPlot.AlignedData,
      host.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, ink, drawn]);

  useEffect(() => plot.current?.setData([x, y] as uPlot.AlignedData), [x, y]);

  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <output class="plot-last">{metric(last)}</output>
        <span class="plot-at" aria-hidden="true" />
      </figcaption>
      <div ref={host} role="img" aria-label={`${title}: ${metric(last)}`} />
      <div class="plot-x">{xLabel}</div>
    </figure>
  );
}
