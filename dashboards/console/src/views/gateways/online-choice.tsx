import { useWords } from '../../i18n/words.tsx';

/** All, online or offline; the value is the API's `online` parameter. */
export function OnlineChoice({ value, onChoose }: { value: string; onChoose: (value: string) => void }) {
  const { t } = useWords();
  const choices = [
    ['', t.gateways.all],
    ['true', t.gateways.onlineOnly],
    ['false', t.gateways.offlineOnly],
  ] as const;
  return (
    <fieldset class="segments">
      <legend class="hidden">{t.gateways.filter}</legend>
      {choices.map(([choice, label]) => (
        <label key={choice}>
          <input type="radio" name="online" checked={value === choice} onChange={() => onChoose(choice)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
