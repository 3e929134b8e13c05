import { ApiError, ask, onSignedOut, token } from './api';
import { Cell } from './cell';
import type { Fault, Role, WhoAmI } from './model';

export type Session =
  | { state: 'asking' }
  | { state: 'out'; fault: Fault | null }
  | { state: 'in'; who: WhoAmI; byToken: boolean };

export const session = new Cell<Session>({ state: 'asking' });

/** Finds out who is here: by token, by certificate, or anybody where the master asks nobody. */
export async function enter(): Promise<void> {
  const byToken = token.get() !== '';
  try {
    const who = await ask<WhoAmI>('/whoAmI');
    session.set({ state: 'in', who, byToken });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { fault } = error;
    // The first visit shows no fault: nothing was tried.
    session.set({ state: 'out', fault: byToken || fault.status !== 401 ? fault : null });
    if (byToken && fault.status !== 0) token.clear();
  }
}

export async function signIn(text: string): Promise<void> {
  token.set(text.trim());
  await enter();
}

export function signOut(): void {
  token.clear();
  session.set({ state: 'out', fault: null });
}

onSignedOut((fault) => {
  if (session.get().state !== 'in') return;
  token.clear();
  session.set({ state: 'out', fault });
});

const kRank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };
export const may = (role: Role, needed: Role): boolean => kRank[role] >= kRank[needed];

/** Whether this user may delete the task: its own, or any for an admin. */
export function mayDelete(who: WhoAmI, createdBy: string | null): boolean {
  return may(who.role, 'admin') || (may(who.role, 'operator') && createdBy !== null && createdBy === who.name);
}
