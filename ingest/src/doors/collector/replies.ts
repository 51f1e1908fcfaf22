import { shanghaiText } from '@ganzhi/schemas';

/** Whom an answer is for; letters and digits only (see `parseCollector`), so nothing needs escaping. */
export interface Addressee {
  building: string;
  collector: string;
}

const message = ({ building, collector }: Addressee, type: string, element: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?>' +
  `<root><common><building_id>${building}</building_id><gateway_id>${collector}</gateway_id><type>${type}</type></common>${element}</root>`;

/** The challenge of a log-in. @param number eight random digits */
export const sequenceReply = (to: Addressee, number: string): string =>
  message(to, 'sequence', `<id_validate operation="sequence"><sequence>${number}</sequence></id_validate>`);

/** How a log-in ended. */
export const resultReply = (to: Addressee, passed: boolean): string =>
  message(to, 'result', `<id_validate operation="result"><result>${passed ? 'pass' : 'fail'}</result></id_validate>`);

/** Answer to a heartbeat: the collector sets its clock by it. @param now epoch ms */
export const timeReply = (to: Addressee, now: number): string =>
  message(to, 'time', `<heart_beat operation="time"><time>${stampOf(now)}</time></heart_beat>`);

/** The data of this number are stored. */
export const ackReply = (to: Addressee, kind: string, sequence: string | undefined): string =>
  message(
    to,
    kind,
    `<data operation="${kind}">${sequence === undefined ? '' : `<sequence>${sequence}</sequence>`}</data>`,
  );

/** How often the collector shall report. */
export const periodReply = (to: Addressee, minutes: number): string =>
  message(to, 'period', `<config operation="period"><period>${minutes}</period></config>`);

/** `yyyyMMddHHmmss` in Asia/Shanghai. */
export const stampOf = (t: number): string => shanghaiText(t).slice(0, 19).replace(/[-:T]/g, '');
