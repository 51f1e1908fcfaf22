import { render } from 'preact';
import { createApi } from './api/api.ts';
import { ApiClient } from './api/client.ts';
import { App } from './app.tsx';
import { WordsProvider } from './i18n/words.tsx';
import { SessionStore } from './session-store.ts';
import './styles/index.css';

const store = new SessionStore();
const client = new ApiClient({
  base: 'api/v1/',
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  language: () => document.documentElement.lang,
  onLoggedOut: () => store.expired(),
});

const root = document.getElementById('app');
if (root) {
  render(
    <WordsProvider>
      <App api={createApi(client)} client={client} store={store} />
    </WordsProvider>,
    root,
  );
}
