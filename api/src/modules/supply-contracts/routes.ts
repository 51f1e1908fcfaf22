import { shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { Contract, Contracts, NewContract } from './schema.ts';
import { type ContractRow, contractsOf, insertContract } from './sql.ts';

const tags = ['tariffs'];
const config = { auth: 'user' } as const;
const answerOf = (row: ContractRow) => ({ ...row, recordedAt: shanghaiText(row.recordedAt) });

/** Basic charge and power factor of an institution's supply, by date. */
export const supplyContracts: ApiModule = {
  name: 'supply-contracts',
  routes: (api, context) => {
    api.route({
      method: 'GET',
      url: '/institutions/:id/supply-contracts',
      config,
      schema: {
        tags,
        operationId: 'listSupplyContracts',
        summary: 'Basic charge and power factor standard by date · 供用电合同',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Contracts, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        if (!(await institutionExists(context.db, id))) throw notFound();
        return { items: (await contractsOf(context.db, id)).map(answerOf) };
      },
    });

    api.route({
      method: 'POST',
      url: '/institutions/:id/supply-contracts',
      config,
      schema: {
        tags,
        operationId: 'createSupplyContract',
        summary: 'Record basic charge and power factor standard from a day on · 录入供用电合同',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: NewContract,
        response: { 201: Contract, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { basis, capacityKva, demandKw } = request.body;
        const needed = basis === 'capacity' ? 'capacityKva' : basis === 'contract-demand' ? 'demandKw' : undefined;
        const given = needed === 'capacityKva' ? capacityKva : demandKw;
        if (needed && !(Number(given) > 0)) {
          throw wrongField(needed, {
            zh: '按此方式计收基本电费须填写大于零的容量或合同需量。',
            en: 'This basis of the charge needs a capacity or contracted demand above zero.',
          });
        }
        const answer = await write(context, request, 'supply-contract.create', async (tx, actor, now) => {
          const { id } = request.params;
          if (!(await institutionExists(tx, id))) throw notFound();
          const row = await insertContract(tx, id, request.body, actor, now);
          if (!row) throw notFound();
          return { answer: answerOf(row), target: `institution/${id}/supply-contract/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });
  },
};
