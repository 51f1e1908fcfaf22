import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../../api/api.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import type { Dictionary } from '../../i18n/zh.ts';
import type { RouteQuery } from '../../router.ts';
import type { SessionStore } from '../../session-store.ts';
import { LanguageSwitch } from '../../shell/language-switch.tsx';
import { LoginFrame } from './login-frame.tsx';

/**
 * User name and password, and the organisation's own log-in where there is one; says why it failed and, after too many failures,
 * when to come back.
 *
 * @param query what the organisation's log-in came back with: `problem`, or `step=code` when a code is to follow
 */
export function LoginView({ api, store, query }: { api: Api; store: SessionStore; query: RouteQuery }) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiProblem | null>(null);
  const [askCode, setAskCode] = useState(false);
  const [organisation, setOrganisation] = useState<string | null>(null);
  useTitle(t.login.title);
  useEffect(() => {
    // without an answer the page offers what it always has
    api.logInMethods().then(
      ({ body }) => setOrganisation(body.oidc?.start ?? null),
      () => undefined,
    );
  }, [api]);
  const codeOnly = query.step === 'code';

  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    setBusy(true);
    setFailure(null);
    try {
      const text = (name: string): string => String(fields.get(name) ?? '');
      const code = text('code').trim();
      store.begun(await (codeOnly ? api.completeLogIn(code) : api.logIn(text('login').trim(), text('password'), code)));
      if (codeOnly || query.problem) location.hash = '#/city';
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
        {codeOnly ? (
          <p>{t.login.codeStep}</p>
        ) : (
          <>
            <label>
              <span>{t.login.login}</span>
              <input name="login" type="text" autocomplete="username" autocapitalize="none" required autofocus />
            </label>
            <label>
              <span>{t.login.password}</span>
              <input name="password" type="password" autocomplete="current-password" required />
            </label>
          </>
        )}
        {(askCode || codeOnly) && (
          <label>
            <span>{t.login.code}</span>
            <input name="code" type="text" autocomplete="one-time-code" inputMode="text" required autofocus />
          </label>
        )}
        <p class={failure ? 'login-message is-bad' : 'login-message'} role="alert">
          {failure && failureText(failure, t)}
          {expired && t.login.expired}
          {failure === null && t.login.problems[query.problem ?? '']}
        </p>
        <button type="submit" class="button button-primary" disabled={busy}>
          {busy ? t.login.submitting : t.login.submit}
        </button>
      </form>
      {organisation !== null && (
        <a class="button login-organisation" href={codeOnly ? '#/city' : organisation}>
          {codeOnly ? t.login.otherWay : t.login.organisation}
        </a>
      )}
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
