/** Where the parties' boxes stand and how the lines between them run. Pure: numbers in, numbers out. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  boxes: Box[];
  /** Whether lines between boxes of one column must bend around what stands between. */
  columns: boolean;
}

const kBoxHeight = 72;
const kRingMax = 8;
/** Narrower than this there is no room for a ring. */
export const kRingWidth = 620;

/** A ring with the first party on top; two columns where the room is narrow or the parties are many. */
export function layout(count: number, width: number): Layout {
  if (width >= kRingWidth && count <= kRingMax && count > 2) {
    const plan = ring(count, width);
    if (!touching(plan.boxes)) return plan;
  }
  return columns(count, width);
}

/** Whether any two boxes touch or nearly so. */
function touching(boxes: Box[]): boolean {
  const gap = 6;
  const apart = (a: Box, b: Box): boolean => a.x + a.width + gap <= b.x || b.x + b.width + gap <= a.x || a.y + a.height + gap <= b.y || b.y + b.height + gap <= a.y;
  return boxes.some((box, i) => boxes.slice(i + 1).some((other) => !apart(box, other)));
}

function ring(count: number, width: number): Layout {
  const box = { width: Math.min(208, width * 0.27), height: kBoxHeight };
  const rx = Math.min(330, (width - box.width) / 2 - 4);
  // Neighbours at the sides differ by a sine of the step: they must not touch.
  const ry = Math.max(118, (box.height + 16) / Math.sin((2 * Math.PI) / Math.max(count, 5)));
  const height = 2 * ry + box.height + 8;
  const boxes = Array.from({ length: count }, (_, i) => {
    const angle = -Math.PI / 2 + (2 * Math.PI * i) / count;
    return { x: width / 2 + rx * Math.cos(angle) - box.width / 2, y: 4 + ry + ry * Math.sin(angle), ...box };
  });
  // Without the empty strip that an odd ring leaves below.
  const bottom = Math.max(...boxes.map((one) => one.y + one.height));
  return { width, height: Math.min(height, bottom + 4), boxes, columns: false };
}

function columns(count: number, width: number): Layout {
  const boxWidth = Math.min(200, (width - 56) / 2);
  const step = kBoxHeight + 26;
  const boxes = Array.from({ length: count }, (_, i) => ({
    x: i % 2 === 0 ? 2 : width - boxWidth - 2,
    y: 2 + Math.floor(i / 2) * step + (i % 2 === 0 ? 0 : step / 3),
    width: boxWidth,
    height: kBoxHeight,
  }));
  const bottom = Math.max(0, ...boxes.map((one) => one.y + one.height));
  return { width, height: bottom + 2, boxes, columns: true };
}

interface Point {
  x: number;
  y: number;
}

const middle = (box: Box): Point => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

/** Where a line from the middle of `box` towards `to` leaves the box, `gap` outside. */
export function border(box: Box, to: Point, gap = 0): Point {
  const from = middle(box);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  if (dx === 0 && dy === 0) return from;
  const scale = Math.min(
    dx === 0 ? Infinity : (box.width / 2 + gap) / Math.abs(dx),
    dy === 0 ? Infinity : (box.height / 2 + gap) / Math.abs(dy),
  );
  return { x: from.x + dx * scale, y: from.y + dy * scale };
}

const shown = (value: number): string => value.toFixed(1);

/** How far along a line its bytes stand: a long one's not in the middle, where the lines of a ring cross. */
const bytesAt = (length: number): number => (length < 160 ? 0.5 : 0.3);

/** An SVG path between two boxes; its middle, where a label may stand, and a place for a second one. */
export function link(of: Layout, a: number, b: number, gap = 3): { d: string; x: number; y: number; bytesX: number; bytesY: number } {
  const from = of.boxes[a];
  const to = of.boxes[b];
  if (!from || !to) return { d: '', x: 0, y: 0, bytesX: 0, bytesY: 0 };
  if (of.columns && Math.abs(from.x - to.x) < 1) {
    // Down the lane between the columns.
    const left = from.x < of.width / 2;
    const lane = left ? from.x + from.width : from.x;
    const bend = lane + (left ? 1 : -1) * 22;
    const y1 = middle(from).y;
    const y2 = middle(to).y;
    const d = `M${shown(lane)} ${shown(y1)}C${shown(bend)} ${shown(y1)} ${shown(bend)} ${shown(y2)} ${shown(lane)} ${shown(y2)}`;
    const x = lane + (left ? 1 : -1) * 16;
    return { d, x, y: (y1 + y2) / 2, bytesX: x, bytesY: (y1 + y2) / 2 };
  }
  const start = border(from, middle(to), gap);
  const end = border(to, middle(from), gap);
  const at = bytesAt(Math.hypot(end.x - start.x, end.y - start.y));
  return {
    d: `M${shown(start.x)} ${shown(start.y)}L${shown(end.x)} ${shown(end.y)}`,
    x: (start.x + end.x) / 2,
    y: (start.y + end.y) / 2,
    bytesX: start.x + at * (end.x - start.x),
    bytesY: start.y + at * (end.y - start.y),
  };
}
