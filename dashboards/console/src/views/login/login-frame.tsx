import type { ComponentChildren } from 'preact';
import { useWords } from '../../i18n/words.tsx';
import { Mark } from '../../shell/icons.tsx';

/** The card that stands before the log-in. */
export function LoginFrame({ children }: { children: ComponentChildren }) {
  const { t } = useWords();
  return (
    <main class="login">
      <section class="login-card">
        <header class="login-brand">
          <Mark />
          <h1>{t.brand}</h1>
          <p>{t.brandLine}</p>
        </header>
        {children}
      </section>
    </main>
  );
}
