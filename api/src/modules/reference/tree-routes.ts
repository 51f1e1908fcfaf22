import type { Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { divisionCodeFault } from '../../registry/identifiers.ts';
import { CodeParams, NewTreeNode, TreeNode, TreeNodePatch, TreeNodes } from './schema.ts';
import { findNode, insertNode, livingIn, nodesOf, type Tree, updateNode } from './sql.ts';

const tags = ['reference'];
const config = { auth: 'user', data: 'registry' } as const;

interface Names {
  tree: Tree;
  url: string;
  /** In operation ids: `listDivisions`, `createDivision`. */
  noun: string;
  zh: string;
  en: string;
}

const TREES: readonly Names[] = [
  { tree: 'division', url: '/divisions', noun: 'Division', zh: '行政区划', en: 'division' },
  { tree: 'line', url: '/lines', noun: 'Line', zh: '条线', en: 'line' },
];

/** Divisions and lines: everybody reads them, administrators of the city keep them. */
export const treeRoutes: ApiModule['routes'] = (api, context) => {
  for (const names of TREES) {
    const { tree, url, noun, zh, en } = names;

    api.route({
      method: 'GET',
      url,
      config,
      schema: {
        tags,
        operationId: `list${noun}s`,
        summary: `All ${en}s · ${zh}`,
        querystring: NoQuery,
        response: { 200: TreeNodes, ...problems(400, 401) },
      },
      handler: async () => ({ items: await nodesOf(context.db, tree) }),
    });

    api.route({
      method: 'POST',
      url,
      config,
      schema: {
        tags,
        operationId: `create${noun}`,
        summary: `Enter a ${en} · 新增${zh}`,
        headers: WriteHeaders,
        querystring: NoQuery,
        body: NewTreeNode,
        response: { 201: TreeNode, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const { body } = request;
        const answer = await write(context, request, `${tree}.create`, async (tx) => {
          await assertWholeCity(tx);
          await assertPlace(tx, names, body);
          if (!(await insertNode(tx, tree, body))) throw taken(names, body.code);
          return { answer: await existing(tx, tree, body.code), target: `${tree}/${body.code}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'PATCH',
      url: `${url}/:code`,
      config,
      schema: {
        tags,
        operationId: `update${noun}`,
        summary: `Rename or abolish a ${en}; needs If-Match · 更名或撤销${zh}`,
        headers: IfMatch,
        params: CodeParams,
        querystring: NoQuery,
        body: TreeNodePatch,
        response: { 200: TreeNode, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: async (request) => {
        const { code } = request.params;
        const version = wantedVersion(request.headers['if-match']);
        return write(context, request, `${tree}.update`, async (tx) => {
          await assertWholeCity(tx);
          const before = await existing(tx, tree, code);
          if (before.version !== version) throw stale();
          if (request.body.retiredOn) await assertEmpty(tx, names, code);
          await updateNode(tx, tree, before, request.body);
          return { answer: await existing(tx, tree, code), target: `${tree}/${code}`, before };
        });
      },
    });
  }
};

async function existing(tx: Tx, tree: Tree, code: string): Promise<z.infer<typeof TreeNode>> {
  const node = await findNode(tx, tree, code);
  if (!node) throw notFound();
  return node;
}

/** @throws Refusal `invalid-request`: the parent is unknown or abolished, or a division's code does not lie below it */
async function assertPlace(tx: Tx, { tree }: Names, { code, parentCode }: z.infer<typeof NewTreeNode>): Promise<void> {
  if (parentCode !== null) {
    const parent = await findNode(tx, tree, parentCode);
    if (!parent) {
      throw wrongField('parentCode', { zh: `没有上级 ${parentCode}。`, en: `There is no ${parentCode}.` });
    }
    if (parent.retiredOn !== null) {
      throw wrongField('parentCode', {
        zh: `上级 ${parentCode} 已于 ${parent.retiredOn} 撤销。`,
        en: `${parentCode} was abolished on ${parent.retiredOn}.`,
      });
    }
  }
  const fault = tree === 'division' ? divisionCodeFault(code, parentCode) : undefined;
  if (fault) throw wrongField('code', fault);
}

/** @throws Refusal `conflict` saying what still lives there */
async function assertEmpty(tx: Tx, { tree, zh, en }: Names, code: string): Promise<void> {
  const { institutions, below } = await livingIn(tx, tree, code);
  if (institutions + below === 0) return;
  throw new Refusal('conflict', {
    zh: `${zh} ${code} 仍有 ${institutions} 个机构、${below} 个下级，请先调整后再撤销。`,
    en: `The ${en} ${code} still has ${institutions} institutions and ${below} below it; move them before it is abolished.`,
  });
}

const taken = ({ zh, en }: Names, code: string): Refusal =>
  new Refusal(
    'conflict',
    { zh: `${zh}代码 ${code} 已被使用，请换一个代码。`, en: `There is a ${en} ${code} already; choose another code.` },
    { fields: [{ path: 'code', code: 'taken', message: code }] },
  );
