import type { ComponentChildren } from 'preact';
import { useApp } from '../app-context.ts';
import { useWords } from '../i18n/words.tsx';
import type { Route } from '../router.ts';
import { ExportMenu } from './export-menu.tsx';
import { ExitIcon, Mark } from './icons.tsx';
import { LanguageSwitch } from './language-switch.tsx';

/** Header, navigation and the frame around a view. */
export function Shell({ route, children }: { route: Route; children: ComponentChildren }) {
  const { t } = useWords();
  const { session, logOut } = useApp();
  const at = (view: Route['view']) => (route.view === view ? 'page' : undefined);
  const inCity = route.view === 'city' || route.view === 'institution';
  return (
    <>
      <button type="button" class="skip-link" onClick={() => document.getElementById('content')?.focus()}>
        {t.skipToContent}
      </button>
      <header class="header">
        <div class="header-inner">
          <a class="brand" href="#/city">
            <Mark />
            <span class="brand-name">{t.brand}</span>
            <span class="brand-line">{t.brandLine}</span>
          </a>
          <nav class="nav" aria-label={t.nav.label}>
            <a href="#/city" aria-current={inCity ? 'page' : undefined}>
              {t.nav.city}
            </a>
            <a href="#/gateways" aria-current={at('gateways')}>
              {t.nav.gateways}
            </a>
            <a href="#/alarms" aria-current={at('alarms')}>
              {t.nav.alarms}
            </a>
            {session.user.permissions.includes('data.write') && (
              <a href="#/imports" aria-current={at('imports')}>
                {t.nav.imports}
              </a>
            )}
          </nav>
          <div class="header-tools">
            <ExportMenu />
            <LanguageSwitch />
            <span
              class="user"
              title={session.user.roles.map((role) => t.account.roles[role] ?? role).join(t.account.roleSeparator)}
            >
              {session.user.displayName}
            </span>
            <button
              type="button"
              class="button button-quiet button-icon"
              aria-label={t.account.logOut}
              title={t.account.logOut}
              onClick={logOut}
            >
              <ExitIcon />
            </button>
          </div>
        </div>
      </header>
      <main id="content" class="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
