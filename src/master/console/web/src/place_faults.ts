import { lineOf, placesOf } from './json_places';
import type { Detail, Fault } from './model';

export interface PlacedFault {
  line: number | null;
  where: string;
  message: string;
}

interface Party {
  addr?: unknown;
  http_port?: unknown;
}

/** The faults of a document with the lines they belong to: by path, by node, by client, or by "line 3" in the sentence. */
export function placeFaults(text: string, fault: Fault): PlacedFault[] {
  const places = placesOf(text);
  let parties: Party[] = [];
  try {
    const document = JSON.parse(text) as { clients?: Party[] };
    if (Array.isArray(document.clients)) parties = document.clients;
  } catch {
    // The master says what is wrong; there are no parties to find.
  }
  const details: Detail[] = fault.details.length > 0 ? fault.details : [{ message: fault.message }];
  return details.map((detail) => {
    const where = detail.path ?? detail.node ?? detail.client ?? detail.file ?? '';
    return { line: lineFor(detail, places, parties), where, message: detail.message };
  });
}

function lineFor(detail: Detail, places: Map<string, number>, parties: Party[]): number | null {
  if (detail.path !== undefined && detail.path !== '') return lineOf(places, detail.path);
  const client = /^(?:client )?(\d+)/.exec(detail.client ?? '') ?? /\bclient (\d+)\b/.exec(detail.message);
  if (client) return lineOf(places, `clients[${client[1]}]`);
  if (detail.node !== undefined) {
    const index = parties.findIndex((party) => party !== null && `${String(party.addr)}:${String(party.http_port)}` === detail.node);
    if (index >= 0) return lineOf(places, `clients[${index}]`);
  }
  const said = /\bline (\d+)/.exec(detail.message);
  return said ? Number(said[1]) - 1 : null;
}
