import { rational } from '@ganzhi/analytics/rules';
import { wrongField } from '../../errors/refuse.ts';
import type { NewRow } from './sql.ts';

/**
 * Refuses rules that give nothing to anybody, name somebody twice, or lack what their basis needs.
 *
 * @throws Refusal `invalid-request` naming the field and the remedy
 */
export function checkRule({ basis, shares }: NewRow): void {
  if ((basis === 'none') !== (shares.length === 0)) {
    throw wrongField('shares', {
      zh: '“none” 规则不带分摊对象；其他规则至少要有一个。',
      en: 'A rule "none" has no shares; every other rule needs at least one.',
    });
  }
  if (new Set(shares.map(({ institutionId }) => institutionId)).size !== shares.length) {
    throw wrongField('shares', { zh: '同一机构只能出现一次。', en: 'Each institution may stand once only.' });
  }
  for (const [i, { weight, basisMeterId }] of shares.entries()) {
    if ((basis === 'fixed') !== (weight !== null)) {
      throw wrongField(`shares.${i}.weight`, {
        zh: '只有固定比例（fixed）需要且必须填写权重。',
        en: 'A weight belongs to the basis "fixed", and only there.',
      });
    }
    if ((basis === 'meter') !== (basisMeterId !== null)) {
      throw wrongField(`shares.${i}.basisMeterId`, {
        zh: '只有按分表（meter）分摊需要且必须填写表计。',
        en: 'A meter belongs to the basis "meter", and only there.',
      });
    }
  }
  const weights = shares.flatMap(({ weight }) => (weight === null ? [] : [rational.decimal(weight)]));
  if (basis === 'fixed' && rational.isZero(rational.sum(weights))) {
    throw wrongField('shares', { zh: '权重之和必须大于 0。', en: 'The weights must add up to more than 0.' });
  }
}
