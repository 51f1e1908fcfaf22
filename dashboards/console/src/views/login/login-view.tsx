import { useState } from 'preact/hooks';
import type { Api } from '../../api/api.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import type { Dictionary } from '../../i18n/zh.ts';
import type { SessionStore } from '../../session-store.ts';
import { LanguageSwitch } from '../../shell/language-switch.tsx';
import { LoginFrame } from './login-frame.tsx';

/** User name and password; says why it failed and, after too many failures, when to come back. */
export function LoginView({ api, store }: { api: Api; store: SessionStore }) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiProblem | null>(null);
  const [askCode, setAskCode] = useState(false);
  useTitle(t.login.title);

  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    setBusy(true);
    setFailure(null);
    try {
      const text = (name: string): string => String(fields.get(name) ?? '');
      store.begun(await api.logIn(text('login').trim(), text('password'), text('code').trim()));
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'second-factor-required') setAskCode(true);
      setFailure(error instanceof ApiProblem ? error : new ApiProblem({ code: 'network', status: 0, title: '' }));
      setBusy(false);
    }
  };

  const expired = store.state.phase === 'out' && store.state.expired && failure === null;
  return (
    <LoginFrame>
      <form
        class="login-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <label>
          <span>{t.login.login}</span>
          <input name="login" type="text" autocomplete="username" autocapitalize="none" required autofocus />
        </label>
        <label>
          <span>{t.login.password}</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {askCode && (
          <label>
            <span>{t.login.code}</span>
            <input name="code" type="text" autocomplete="one-time-code" inputMode="text" required autofocus />
          </label>
        )}
        <p class={failure ? 'login-message is-bad' : 'login-message'} role="alert">
          {failure && failureText(failure, t)}
          {expired && t.login.expired}
        </p>
        <button type="submit" class="button button-primary" disabled={busy}>
          {busy ? t.login.submitting : t.login.submit}
        </button>
      </form>
      <footer class="login-foot">
        <p>{t.login.firstStart}</p>
        <LanguageSwitch />
      </footer>
    </LoginFrame>
  );
}

function failureText(problem: ApiProblem, t: Dictionary): string {
  if (problem.status === 0) return t.freshness.never;
  if (problem.status === 429) return t.login.locked(String(Math.ceil((problem.retryAfterS ?? 300) / 60)));
  if (problem.code === 'wrong-credentials') return t.login.wrong;
  return problem.message || t.freshness.server(problem.code);
}
