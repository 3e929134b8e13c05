import { layout, link } from '../picture';
import { bytes, duration, part, rate, whole } from '../format';
import { named, t } from '../i18n';
import type { ClientStatus, Leaving, Traffic, Wait } from '../model';
import { taskLink } from '../route';
import { exchanged, lineWidth } from '../traffic';
import { stateMark } from './state';
import { useWidth } from './use';

interface Props {
  task: string;
  clients: ClientStatus[];
  names: Map<string, string>;
  leaving: Map<number, Leaving[]>;
  waits: Map<number, Wait[]>;
  traffic: Map<number, Traffic[]>;
  cause: number | null;
}

const kControl = 'control';
/** Shorter waits are the computation itself: every round has one. */
const kWaitShown = 1; // seconds

/** What two parties may tell each other beyond that they are alive. */
function said(leaving: Map<number, Leaving[]>, from: number, to: number): Leaving['messages'] {
  const found = leaving.get(from)?.find((one) => one.to === to);
  return (found?.messages ?? []).filter((message) => message.discloses !== kControl);
}

function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

/** A node's name, with its address where there is room. */
function shownNode(name: string | undefined, node: string, letters: number): string {
  if (!name) return node;
  const both = `${name} (${node})`;
  return both.length > letters ? name : both;
}

/** The parties of a task: who may send data to whom, how much went, what each does, and who waits for whom. */
export function Picture({ task, clients, names, leaving, waits, traffic, cause }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const plan = layout(clients.length, Math.max(300, Math.min(width || 300, 860)));
  const pairs = clients.flatMap((a, i) => clients.slice(i + 1).map((b) => [a.id, b.id] as const));
  const waiting = [...waits].flatMap(([from, list]) => list.filter((wait) => wait.seconds >= kWaitShown).map((wait) => ({ from, ...wait })));
  const pairBytes = exchanged(traffic);
  return (
    <div class="picture" ref={ref}>
      {width > 0 && (
        <svg width={plan.width} height={plan.height} viewBox={`0 0 ${plan.width} ${plan.height}`} role="group" aria-label={t('parties')}>
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
              <path d="M0 0L8 4L0 8z" class="arrow-head" />
            </marker>
          </defs>
          {pairs.map(([a, b]) => {
            const there = said(leaving, a, b);
            const back = said(leaving, b, a);
            const line = link(plan, a, b);
            const tells = [...there.map((one) => `${a} → ${b}: ${one.message} (${one.discloses})`), ...back.map((one) => `${b} → ${a}: ${one.message} (${one.discloses})`)];
            const went = pairBytes.get(`${a}-${b}`);
            if (went) tells.unshift(t('went', { a, b, there: bytes(went.there), back: bytes(went.back), rounds: whole(went.rounds) }));
            const has = there.length + back.length > 0;
            const over = went ? went.there + went.back : 0;
            return (
              <g class={has ? 'link link-data' : 'link'}>
                <path d={line.d} class="link-line" style={has && went ? `stroke-width: ${lineWidth(over).toFixed(1)}` : undefined} />
                <path d={line.d} class="link-hit">
                  <title>{has ? tells.join('\n') : [...tells, t('control_only', { a, b })].join('\n')}</title>
                </path>
                {has && went && !plan.columns && (
                  <text class="bytes" x={line.bytesX} y={line.bytesY + 4} text-anchor="middle">
                    {bytes(over)}
                  </text>
                )}
              </g>
            );
          })}
          {waiting.map((wait) => {
            const line = link(plan, wait.from, wait.peer, 5);
            if (line.d === '') return null;
            return (
              <g class={wait.seconds > 10 ? 'wait wait-long' : 'wait'}>
                <path d={line.d} marker-end="url(#arrow)" />
              </g>
            );
          })}
          {clients.map((client) => {
            const box = plan.boxes[client.id];
            if (!box) return null;
            const { progress } = client;
            const done = part(progress.done, progress.total);
            const letters = Math.floor((box.width - 20) / 7);
            const name = names.get(client.node);
            const running = client.state === 'Running';
            const below = running
              ? `${client.phase}${progress.total > 0 ? ` ${whole((100 * progress.done) / progress.total)} %` : ''}${progress.per_second ? ` · ${rate(progress.per_second)}/s` : ''}`
              : client.reason || named('state_', client.state);
            return (
              <a href={`${taskLink(task, 'log')}?client=${client.id}`} class={`party party-${client.state}${client.reachable ? '' : ' party-lost'}${client.id === cause ? ' party-cause' : ''}`}>
                <title>{[`${client.id} ${named('role_', client.role)}`, client.node, named('state_', client.state), client.phase, client.reason].filter((text) => text !== '').join('\n')}</title>
                <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="6" class="party-box" />
                <text x={box.x + 10} y={box.y + 19} class="party-role">
                  {client.id} · {cut(named('role_', client.role), letters - 6)}
                </text>
                <text x={box.x + box.width - 10} y={box.y + 19} text-anchor="end" class="party-state">
                  {client.reachable ? stateMark(client.state) : '?'}
                </text>
                <text x={box.x + 10} y={box.y + 36} class="party-node">
                  {cut(shownNode(name, client.node, letters), letters)}
                </text>
                <text x={box.x + 10} y={box.y + 53} class="party-phase">
                  {cut(client.reachable ? below : t('unreachable_node'), letters)}
                </text>
                {running && done !== null && (
                  <>
                    <rect x={box.x + 10} y={box.y + 61} width={box.width - 20} height="4" rx="2" class="bar-back" />
                    <rect x={box.x + 10} y={box.y + 61} width={(box.width - 20) * done} height="4" rx="2" class="bar-done" />
                  </>
                )}
              </a>
            );
          })}
          {waiting.map((wait) => {
            const { d, x, y } = link(plan, wait.from, wait.peer, 5);
            if (d === '') return null;
            return (
              <text class={wait.seconds > 10 ? 'wait-words wait-long' : 'wait-words'} x={x} y={y - 5} text-anchor="middle">
                {wait.message_type} {duration(wait.seconds)}
              </text>
            );
          })}
        </svg>
      )}
    </div>
  );
}

