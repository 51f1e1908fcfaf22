import { useEffect, useRef, useState } from 'preact/hooks';
import { SearchIcon } from '../shell/icons.tsx';

const TYPING_MS = 300;

/** A search field that reports once the typing pauses; Enter reports at once. */
export function SearchBox({
  label,
  value,
  onSearch,
}: {
  label: string;
  value: string;
  onSearch: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const reported = useRef(value);
  // Filters cleared elsewhere, or the back button.
  useEffect(() => {
    if (value !== reported.current) setText(value);
    reported.current = value;
  }, [value]);
  const report = (next: string): void => {
    if (next === reported.current) return;
    reported.current = next;
    onSearch(next);
  };
  // Only typing starts the pause; a new `onSearch` does not.
  useEffect(() => {
    const id = setTimeout(() => report(text.trim()), TYPING_MS);
    return () => clearTimeout(id);
  }, [text]);
  return (
    <label class="search">
      <SearchIcon />
      <input
        type="search"
        placeholder={label}
        aria-label={label}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && report(event.currentTarget.value.trim())}
      />
    </label>
  );
}
