import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useCell } from '../cell';
import { t } from '../i18n';
import type { Roc } from '../model';
import { colour, colours } from '../theme';

const kHeight = 190;
const kInks = ['--plot-2', '--plot-1', '--plot-3', '--plot-4'];
const inkOf = (i: number): string => colour(kInks[i % kInks.length] as string);

/** The area below a curve, by its points. */
export function areaBelow(curve: Roc['curves'][number]): number {
  let sum = 0;
  for (let i = 1; i < curve.fpr.length; i++) {
    sum += ((curve.fpr[i] ?? 0) - (curve.fpr[i - 1] ?? 0)) * (((curve.tpr[i] ?? 0) + (curve.tpr[i - 1] ?? 0)) / 2);
  }
  return sum;
}

/** The curves on one axis: the points of all, each curve's own connected. */
function aligned(roc: Roc): uPlot.AlignedData {
  const tables = roc.curves.map((curve): uPlot.AlignedData => [curve.fpr, curve.tpr]);
  const drawn = tables.length > 0 ? uPlot.join(tables) : ([[]] as unknown as uPlot.AlignedData);
  const x = drawn[0] as number[];
  return [...drawn, x.map((value) => (value === 0 || value === 1 ? value : null))] as uPlot.AlignedData;
}

/** ROC curves, and the diagonal on which nothing is told apart. */
export function RocPlot({ roc, width }: { roc: Roc; width: number }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawn = useCell(colours);
  const curves = roc.curves.length;

  useEffect(() => {
    if (!host.current || width <= 0 || curves === 0) return undefined;
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
        scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } },
        legend: { show: false },
        cursor: { show: false },
        axes: [
          { ...axis(), size: 30 },
          { ...axis(), size: 52 },
        ],
        series: [
          {},
          ...Array.from({ length: curves }, (_, i): uPlot.Series => ({ stroke: inkOf(i), width: 1.75, spanGaps: true, points: { show: false } })),
          { stroke: colour('--muted'), width: 1, dash: [4, 4], spanGaps: true, points: { show: false } },
        ],
      },
      aligned(roc),
      host.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, drawn, curves]);

  useEffect(() => plot.current?.setData(aligned(roc)), [roc]);

  if (curves === 0) return null;
  const title = t('roc', { batches: roc.batches });
  return (
    <figure class="plot" id="roc">
      <figcaption>
        <span class="plot-title">{title}</span>
        {curves > 1 && (
          <span class="plot-at">
            {roc.curves.map((curve, i) => (
              <span class="roc-class" style={`color: ${inkOf(i)}`}>
                {i}: {areaBelow(curve).toFixed(3)}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <div ref={host} role="img" aria-label={`${title}: ${roc.curves.map((curve) => areaBelow(curve).toFixed(3)).join(', ')}`} />
      <div class="plot-x">{t('roc_axes')}</div>
    </figure>
  );
}
