import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Api } from './api/api.ts';
import type { ApiClient } from './api/client.ts';
import type { CodeName } from './api/types.ts';
import { AppContextProvider } from './app-context.ts';
import { browserPage } from './poll/page-signals.ts';
import { Poller } from './poll/poller.ts';
import type { SessionStore } from './session-store.ts';
import { Shell } from './shell/shell.tsx';
import { useRoute } from './use-route.ts';
import { AlarmsView } from './views/alarms/alarms-view.tsx';
import { CityView } from './views/city/city-view.tsx';
import { GatewaysView } from './views/gateways/gateways-view.tsx';
import { ImportsView } from './views/imports/imports-view.tsx';
import { InstitutionView } from './views/institution/institution-view.tsx';
import { LoginView } from './views/login/login-view.tsx';
import { WaitingView } from './views/login/waiting-view.tsx';

const SESSION_RETRY_MS = 3_000;
const REFERENCE_MS = 600_000;

export interface AppProps {
  api: Api;
  client: ApiClient;
  store: SessionStore;
}

/** Composes: no session → log-in, otherwise the shell around the view of the address. */
export function App({ api, client, store }: AppProps) {
  const [state, setState] = useState(store.state);
  const [names, setNames] = useState<{ divisions: CodeName[]; institutionTypes: CodeName[] }>({
    divisions: [],
    institutionTypes: [],
  });
  const route = useRoute();
  useEffect(() => store.listen(setState), [store]);

  // The server may still be starting: keep asking until it says yes or no.
  useEffect(() => {
    if (state.phase !== 'unknown') return;
    const poller = new Poller({
      load: () => api.session(),
      intervalMs: SESSION_RETRY_MS,
      page: browserPage,
      onState: ({ data }) => data && store.begun(data),
    });
    poller.start();
    return () => poller.stop();
  }, [state.phase, api, store]);

  const loggedIn = state.phase === 'in';
  useEffect(() => {
    if (!loggedIn) return client.forget();
    const poller = new Poller({
      load: async () => {
        const [divisions, types] = await Promise.all([api.divisions(), api.institutionTypes()]);
        return { body: { divisions: divisions.body.items, institutionTypes: types.body.items }, at: types.at };
      },
      intervalMs: REFERENCE_MS,
      page: browserPage,
      onState: ({ data }) => data && setNames(data),
    });
    poller.start();
    return () => poller.stop();
  }, [loggedIn, api, client]);

  const context = useMemo(() => {
    if (state.phase !== 'in') return null;
    const logOut = (): void => {
      api.logOut().then(
        // whom the organisation let in is let out there too
        () => (state.session.via === 'oidc' ? window.location.assign('api/v1/oidc/logout') : store.ended()),
        () => store.expired(),
      );
    };
    return { api, session: state.session, ...names, logOut };
  }, [api, store, state, names]);

  if (state.phase === 'unknown') return <WaitingView />;
  if (!context) return <LoginView api={api} store={store} query={route.query} />;
  return (
    <AppContextProvider.Provider value={context}>
      <Shell route={route}>
        {route.view === 'city' && <CityView route={route} />}
        {route.view === 'institution' && <InstitutionView key={route.id} id={route.id} />}
        {route.view === 'gateways' && <GatewaysView route={route} />}
        {route.view === 'alarms' && <AlarmsView route={route} />}
        {route.view === 'imports' && <ImportsView route={route} />}
      </Shell>
    </AppContextProvider.Provider>
  );
}
