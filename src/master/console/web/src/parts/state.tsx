import { named } from '../i18n';

const kMarks: Record<string, string> = { Running: '▶', Finished: '✓', Failed: '✕', Stopped: '■', Created: '○', Rejected: '✕', AwaitingApproval: '…' };

/** The folded state as a mark, a word and a colour: the colour alone says nothing. */
export function State({ state, exact }: { state: string; exact?: string }) {
  const detail = exact !== undefined && exact !== state && exact !== '' ? exact : '';
  return (
    <span class={`state state-${state}`}>
      <span class="state-mark" aria-hidden="true">
        {kMarks[detail] ?? kMarks[state] ?? '·'}
      </span>
      {named('state_', detail === 'AwaitingApproval' || detail === 'Rejected' ? detail : state)}
      {detail.startsWith('St') && <span class="state-exact"> {named('state_', detail)}</span>}
    </span>
  );
}

export const stateMark = (state: string): string => kMarks[state] ?? '·';
