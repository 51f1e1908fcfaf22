import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from './api/api.ts';
import type { CodeName, Session } from './api/types.ts';

/** What every view behind the log-in may use. */
export interface AppContext {
  api: Api;
  session: Session;
  /** Names of divisions and of institution types, in the API's order; empty until they have arrived. */
  divisions: readonly CodeName[];
  institutionTypes: readonly CodeName[];
  logOut(): void;
}

export const AppContextProvider = createContext<AppContext | null>(null);

/** @throws outside the log-in, which would be a mistake in app.tsx */
export function useApp(): AppContext {
  const app = useContext(AppContextProvider);
  if (!app) throw new Error('useApp: no session here');
  return app;
}
