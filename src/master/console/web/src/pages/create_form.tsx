import { named, t } from '../i18n';
import type { ClientType, Detail, NodeEntry, Setting } from '../model';
import { freePort, type Draft, type Party } from '../templates';

interface FormProps {
  draft: Draft;
  types: ClientType[];
  nodes: NodeEntry[];
  faults: Detail[];
  change: (draft: Draft) => void;
}

const said = (faults: Detail[], path: string): string => faults.filter((one) => one.path === path).map((one) => one.message).join('; ');

/** The document as a form. It is built from what the programs declare of each client type, so it asks for what they check. */
export function TaskForm({ draft, types, nodes, faults, change }: FormProps) {
  const setParty = (index: number, party: Party): void => change({ ...draft, clients: draft.clients.map((one, i) => (i === index ? party : one)) });
  const add = (): void => {
    const features = draft.clients.map((one, i) => ({ one, i })).filter(({ one }) => one.role === 'feature_client');
    const last = features[features.length - 1] ?? { one: draft.clients[0] as Party, i: 0 };
    const used = new Set(draft.clients.map((one) => `${one.addr}:${one.http_port}`));
    const free = nodes.find((node) => !used.has(node.node)) ?? last.one;
    const party: Party = {
      ...last.one,
      role: 'feature_client',
      addr: free.addr,
      http_port: free.http_port,
      client_config: { ...last.one.client_config, computation_port: freePort(draft, free.addr, free.http_port) },
    };
    const clients = [...draft.clients];
    clients.splice(last.i + 1, 0, party);
    change({ ...draft, clients });
  };
  const nameFault = said(faults, 'task_name');
  return (
    <div class="form">
      <label class="field wide">
        <span>{t('task_name')}</span>
        <input name="task_name" value={draft.task_name ?? ''} aria-invalid={nameFault !== ''} onInput={(event) => change({ ...draft, task_name: event.currentTarget.value })} />
        {nameFault !== '' && <span class="field-fault">{nameFault}</span>}
      </label>
      {draft.clients.map((party, index) => (
        <PartyFields
          key={index}
          party={party}
          index={index}
          types={types}
          nodes={nodes}
          faults={faults}
          change={(fresh) => setParty(index, fresh)}
          remove={party.role === 'feature_client' && draft.clients.filter((one) => one.role === 'feature_client').length > 1 ? () => change({ ...draft, clients: draft.clients.filter((_, i) => i !== index) }) : undefined}
        />
      ))}
      <div class="buttons">
        <button type="button" onClick={add}>
          + {t('add_party')}
        </button>
      </div>
    </div>
  );
}

interface PartyProps {
  party: Party;
  index: number;
  types: ClientType[];
  nodes: NodeEntry[];
  faults: Detail[];
  change: (party: Party) => void;
  remove: (() => void) | undefined;
}

function PartyFields({ party, index, types, nodes, faults, change, remove }: PartyProps) {
  const config = party.client_config;
  const path = `clients[${index}]`;
  const type = types.find((one) => one.name === config.client_type);
  const settings = type?.settings ?? [];
  const needed = settings.filter((one) => one.required || one.name in config);
  const others = settings.filter((one) => !needed.includes(one));
  const address = `${party.addr}:${party.http_port}`;
  const known = nodes.some((node) => node.node === address);
  const set = (name: string, value: unknown): void => {
    const fresh = { ...config };
    if (value === undefined) delete fresh[name];
    else fresh[name] = value;
    change({ ...party, client_config: fresh });
  };
  const own = faults.filter((one) => one.path === path || one.path === `${path}.client_config` || one.path === `${path}.role` || (one.node !== undefined && one.node === address));
  return (
    <fieldset class="card party-fields">
      <legend>
        {index} · {named('role_', party.role)} <code>{String(config.client_type)}</code>
      </legend>
      {remove && (
        <button type="button" class="plain remove" onClick={remove} aria-label={`${t('remove_party')}: ${index}`} title={t('remove_party')}>
          ✕
        </button>
      )}
      <div class="fields">
        <label class="field">
          <span>{t('node')}</span>
          <select
            value={known ? address : ''}
            onChange={(event) => {
              const node = nodes.find((one) => one.node === event.currentTarget.value);
              if (node) change({ ...party, addr: node.addr, http_port: node.http_port });
            }}
          >
            {!known && <option value="">{address}</option>}
            {nodes.map((node) => (
              <option value={node.node}>{node.name ? `${node.name} (${node.node})` : node.node}</option>
            ))}
          </select>
          <FieldFault text={said(faults, `${path}.addr`) || said(faults, `${path}.http_port`)} />
        </label>
        {!known && (
          <>
            <TextField name={t('address')} value={party.addr} fault="" change={(text) => change({ ...party, addr: text })} />
            <NumberField name="http_port" value={party.http_port} fault="" change={(value) => change({ ...party, http_port: value ?? 0 })} />
          </>
        )}
        <NumberField name={t('computation_port')} value={config.computation_port} fault={said(faults, `${path}.client_config.computation_port`)} change={(value) => set('computation_port', value)} />
        {needed.map((setting) => (
          <SettingField setting={setting} value={config[setting.name]} path={`${path}.client_config.${setting.name}`} faults={faults} change={(value) => set(setting.name, value)} />
        ))}
      </div>
      {own.length > 0 && (
        <ul class="field-fault">
          {own.map((one) => (
            <li>{one.message}</li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <details>
          <summary>{t('more_settings', { count: others.length })}</summary>
          <div class="fields">
            {others.map((setting) => (
              <SettingField setting={setting} value={config[setting.name]} path={`${path}.client_config.${setting.name}`} faults={faults} change={(value) => set(setting.name, value)} />
            ))}
          </div>
        </details>
      )}
    </fieldset>
  );
}

function FieldFault({ text }: { text: string }) {
  return text === '' ? null : <span class="field-fault">{text}</span>;
}

function TextField({ name, value, fault, change }: { name: string; value: unknown; fault: string; change: (text: string) => void }) {
  return (
    <label class="field">
      <span>{name}</span>
      <input value={String(value ?? '')} aria-invalid={fault !== ''} onInput={(event) => change(event.currentTarget.value)} />
      <FieldFault text={fault} />
    </label>
  );
}

function NumberField({ name, value, fault, change }: { name: string; value: unknown; fault: string; change: (value: number | undefined) => void }) {
  return (
    <label class="field">
      <span>{name}</span>
      <input type="number" value={value === undefined ? '' : String(value)} aria-invalid={fault !== ''} onInput={(event) => change(event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value))} />
      <FieldFault text={fault} />
    </label>
  );
}

interface SettingProps {
  setting: Setting;
  value: unknown;
  path: string;
  faults: Detail[];
  change: (value: unknown) => void;
}

/** Lists are written as JSON or, simpler, with commas. */
function listValue(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // not JSON: commas then
  }
  return text.split(/[,，]/).map((one) => {
    const word = one.trim();
    return /^-?\d+$/.test(word) ? Number(word) : word;
  });
}

function listText(value: unknown): string {
  if (value === undefined) return '';
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  return value.every((one) => typeof one === 'number' || (typeof one === 'string' && !/^-?\d+$|[,，\s]/.test(one))) && value.length > 0 ? value.join(', ') : JSON.stringify(value);
}

function SettingField({ setting, value, path, faults, change }: SettingProps) {
  const fault = said(faults, path) || (faults.find((one) => one.path?.startsWith(`${path}[`) || one.path?.startsWith(`${path}.`))?.message ?? '');
  const unit = setting.unit ? ` (${setting.unit})` : '';
  const usual = setting.default === undefined ? '' : t('usual', { value: typeof setting.default === 'string' ? setting.default : JSON.stringify(setting.default) });
  const label = (
    <span>
      <code>{setting.name}</code>
      {unit}
      {setting.required && ' *'}
    </span>
  );
  let input;
  if (setting.kind === 'boolean' || setting.kind === 'choice') {
    const choices = setting.kind === 'boolean' ? ['true', 'false'] : (setting.choices ?? []);
    input = (
      <select value={value === undefined ? '' : String(value)} aria-invalid={fault !== ''} onChange={(event) => change(event.currentTarget.value === '' ? undefined : setting.kind === 'boolean' ? event.currentTarget.value === 'true' : event.currentTarget.value)}>
        <option value="">{usual || '–'}</option>
        {choices.map((choice) => (
          <option value={choice}>{choice}</option>
        ))}
      </select>
    );
  } else if (setting.kind === 'integer' || setting.kind === 'number') {
    input = (
      <input
        type="number"
        step={setting.kind === 'integer' ? 1 : 'any'}
        min={setting.min}
        max={setting.max}
        value={value === undefined ? '' : String(value)}
        placeholder={usual}
        aria-invalid={fault !== ''}
        onInput={(event) => change(event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value))}
      />
    );
  } else if (setting.kind === 'columns' || setting.kind === 'names' || setting.kind === 'integers' || setting.kind === 'choices') {
    input = <input value={listText(value)} placeholder={usual} aria-invalid={fault !== ''} onChange={(event) => change(listValue(event.currentTarget.value))} />;
  } else if (setting.kind === 'object') {
    return <ObjectFields setting={setting} value={value} path={path} faults={faults} change={change} />;
  } else {
    input = <input name={setting.name} value={value === undefined ? '' : String(value)} placeholder={usual} aria-invalid={fault !== ''} onInput={(event) => change(event.currentTarget.value === '' && !setting.required ? undefined : event.currentTarget.value)} />;
  }
  return (
    <label class="field">
      {label}
      {input}
      <FieldFault text={fault} />
      <Help text={setting.help} />
    </label>
  );
}

/** The declarations write names in backticks. */
function Help({ text }: { text: string }) {
  return <span class="help">{text.split('`').map((part, i) => (i % 2 === 1 ? <code>{part}</code> : part))}</span>;
}

function ObjectFields({ setting, value, path, faults, change }: SettingProps) {
  const held = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const set = (name: string, inner: unknown): void => {
    const fresh = { ...held };
    if (inner === undefined) delete fresh[name];
    else fresh[name] = inner;
    change(Object.keys(fresh).length === 0 ? undefined : fresh);
  };
  return (
    <details class="object">
      <summary>
        <code>{setting.name}</code> <Help text={setting.help} />
      </summary>
      <div class="fields">
        {(setting.members ?? []).map((member) => (
          <SettingField setting={member} value={held[member.name]} path={`${path}.${member.name}`} faults={faults} change={(inner) => set(member.name, inner)} />
        ))}
      </div>
    </details>
  );
}
