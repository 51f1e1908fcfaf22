import { useApp } from '../app-context.ts';
import { yearOf } from '../chart/calendar.ts';
import { useWords } from '../i18n/words.tsx';
import { DownloadIcon } from './icons.tsx';
import { Menu } from './menu.tsx';

const FORMATS = ['xlsx', 'csv'] as const;

/** Quota compliance of this year and the last one, as files. */
export function ExportMenu() {
  const { t } = useWords();
  const { api } = useApp();
  const year = yearOf(api.now());
  return (
    <Menu
      label={
        <>
          <DownloadIcon />
          <span>{t.exports.menu}</span>
        </>
      }
    >
      <p class="menu-title">{t.exports.title}</p>
      <ul>
        {[year, year - 1].flatMap((each) =>
          FORMATS.map((format) => (
            <li key={`${each}${format}`}>
              <a href={api.complianceUrl(each, format)} download>
                {t.exports.row(String(each), format.toUpperCase())}
              </a>
            </li>
          )),
        )}
      </ul>
      <p class="menu-note">{t.exports.note}</p>
    </Menu>
  );
}
