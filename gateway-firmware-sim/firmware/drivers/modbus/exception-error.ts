import { ReadError } from '../driver.ts';
import { isGatewayTimeout, refusesData } from './rtu-pdu.ts';

/** What an exception means: the meter refuses, or a gateway says that the meter is silent. */
export const exceptionError = (exception: number, message: string, cause?: unknown): ReadError =>
  isGatewayTimeout(exception)
    ? new ReadError('read-timeout', message, { cause })
    : new ReadError('read-refused', message, { cause, hasNoSuchData: refusesData(exception) });
