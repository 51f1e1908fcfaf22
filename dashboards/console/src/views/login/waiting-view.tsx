import { useWords } from '../../i18n/words.tsx';
import { LoginFrame } from './login-frame.tsx';

/** Shown until the server has said whether there is a session. */
export function WaitingView() {
  const { t } = useWords();
  return (
    <LoginFrame>
      <p class="login-message" aria-live="polite">
        {t.freshness.loading}
      </p>
    </LoginFrame>
  );
}
