/** Personal data as it is shown to who may not see it (domain handbook 6: phone 138****1234, ID first 3 last 4). */

/** Short texts that leave nothing to hide behind vanish altogether. */
export const maskedPhone = (phone: string): string => masked(phone, 3, 4);

export const maskedId = (id: string): string => masked(id, 3, 4);

function masked(text: string, head: number, tail: number): string {
  const characters = [...text];
  if (text === '') return '';
  if (characters.length <= head + tail) return '*'.repeat(characters.length);
  const hidden = '*'.repeat(characters.length - head - tail);
  return `${characters.slice(0, head).join('')}${hidden}${characters.slice(-tail).join('')}`;
}
