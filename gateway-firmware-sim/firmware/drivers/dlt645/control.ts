/** What a control byte says (DL/T 645-2007 §5.2.4, -1997 §5.2.4): D7 from the meter, D6 refused, D5 more follows. */
export interface Dlt645Control {
  version: '2007' | '1997' | 'both' | 'unknown';
  name: string;
  fromMeter: boolean;
  refused: boolean;
  more: boolean;
}

export const READ_2007 = 0x11;
export const READ_NEXT_2007 = 0x12;
export const READ_ADDRESS = 0x13;
export const READ_1997 = 0x01;
export const READ_NEXT_1997 = 0x02;
export const TIME_SYNC = 0x08;
export const FROM_METER = 0x80;
const REFUSED = 0x40;
const MORE = 0x20;

const FUNCTIONS: Readonly<Record<number, Pick<Dlt645Control, 'version' | 'name'>>> = {
  [READ_1997]: { version: '1997', name: 'read' },
  [READ_NEXT_1997]: { version: '1997', name: 'read-next' },
  3: { version: '1997', name: 'read-again' },
  4: { version: '1997', name: 'write' },
  [TIME_SYNC]: { version: 'both', name: 'time-sync' },
  10: { version: '1997', name: 'write-address' },
  12: { version: '1997', name: 'set-baud' },
  15: { version: '1997', name: 'set-password' },
  16: { version: '1997', name: 'reset-demand' },
  [READ_2007]: { version: '2007', name: 'read' },
  [READ_NEXT_2007]: { version: '2007', name: 'read-next' },
  [READ_ADDRESS]: { version: '2007', name: 'read-address' },
  20: { version: '2007', name: 'write' },
  21: { version: '2007', name: 'write-address' },
  22: { version: '2007', name: 'freeze' },
  23: { version: '2007', name: 'set-baud' },
  24: { version: '2007', name: 'set-password' },
  25: { version: '2007', name: 'reset-demand' },
  26: { version: '2007', name: 'reset-meter' },
  27: { version: '2007', name: 'reset-events' },
  28: { version: '2007', name: 'switch-relay' },
  29: { version: '2007', name: 'set-output' },
};

/** The meaning of a control byte; an unlisted function is `unknown`, never an error: meters have private ones. */
export function readControl(control: number): Dlt645Control {
  return {
    ...(FUNCTIONS[control & 0x1f] ?? { version: 'unknown', name: 'unknown' }),
    fromMeter: (control & FROM_METER) !== 0,
    refused: (control & REFUSED) !== 0,
    more: (control & MORE) !== 0,
  };
}

/** One set bit of an error byte. */
export interface NamedBit {
  bit: number;
  name: string;
  zh: string;
  en: string;
}

const bit = (at: number, name: string, zh: string, en: string): NamedBit => ({ bit: at, name, zh, en });

/** Error byte of a refusal: DL/T 645-2007 annex B; the 1997 edition names bits 0 and 1 differently and lacks bit 3. */
const ERROR_BITS_2007 = [
  bit(0, 'other', '其他错误', 'Another error'),
  bit(1, 'no-data', '无请求数据', 'The meter does not have this data'),
  bit(2, 'password', '密码错或未授权', 'Wrong password or not authorised'),
  bit(3, 'baud', '通信速率不能更改', 'The baud rate cannot be changed'),
  bit(4, 'year-slots', '年时区数超', 'Too many year zones'),
  bit(5, 'day-slots', '日时段数超', 'Too many day slots'),
  bit(6, 'tariffs', '费率数超', 'Too many tariffs'),
];
const ERROR_BITS_1997 = [
  bit(0, 'invalid-data', '非法数据', 'Invalid data'),
  bit(1, 'identifier', '数据标识错', 'Wrong data identifier'),
  ...ERROR_BITS_2007.filter((named) => named.bit === 2 || named.bit >= 4),
];

/** The reasons of a refusal; empty when the meter set none. */
export function errorBits(byte: number, version: Dlt645Control['version']): NamedBit[] {
  return (version === '1997' ? ERROR_BITS_1997 : ERROR_BITS_2007).filter((named) => byte & (1 << named.bit));
}
