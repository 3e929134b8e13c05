import type { Ref } from 'preact';
import { useImperativeHandle, useRef } from 'preact/hooks';
import { t } from '../i18n';
import type { PlacedFault } from '../place_faults';

interface Props {
  text: string;
  change: (text: string) => void;
  faults: PlacedFault[];
  handle: Ref<{ show: (line: number) => void }>;
}

/** A text field with line numbers; lines with a fault are marked, and say it. */
export function Editor({ text, change, faults, handle }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split('\n');
  const byLine = new Map<number, string>();
  for (const one of faults) {
    if (one.line !== null) byLine.set(one.line, [byLine.get(one.line), one.message].filter(Boolean).join('\n'));
  }
  useImperativeHandle(
    handle,
    () => ({
      show: (line: number) => {
        const field = area.current;
        if (!field) return;
        const all = field.value.split('\n');
        const begin = all.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
        field.focus();
        field.setSelectionRange(begin, begin + (all[line]?.length ?? 0));
        field.scrollIntoView({ block: 'nearest' });
        const height = field.scrollHeight / Math.max(1, all.length);
        field.scrollTop = Math.max(0, line * height - field.clientHeight / 3);
      },
    }),
    [],
  );
  return (
    <div class="editor">
      <div class="gutter" ref={gutter} aria-hidden="true">
        <div>
          {lines.map((_, i) => (
            <div class={byLine.has(i) ? 'gutter-fault' : ''} title={byLine.get(i) ?? ''}>
              {i + 1}
            </div>
          ))}
        </div>
      </div>
      <textarea
        ref={area}
        value={text}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        wrap="off"
        aria-label={t('json_document')}
        placeholder={t('json_placeholder')}
        onInput={(event) => change(event.currentTarget.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
