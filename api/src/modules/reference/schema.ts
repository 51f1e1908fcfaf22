import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { text } from '../../lib/shapes.ts';

/** A code and its names in both languages. */
export const CodeName = z.object({ code: z.string(), nameZh: z.string(), nameEn: z.string() }).meta({ id: 'CodeName' });

export const CodeNames = z.object({ items: z.array(CodeName) });

/** A place in one of the two trees that institutions belong to: division (块) or line (条). */
export const TreeNode = CodeName.extend({
  parentCode: z.string().nullable(),
  /** Abolished on that day: what belongs to it stays, nothing new comes in. */
  retiredOn: Day.nullable(),
  version: z.int(),
}).meta({ id: 'TreeNode' });
export const TreeNodes = z.object({ items: z.array(TreeNode) });

const Name = text(100).refine((name) => name.trim() !== '', '不能为空 · must not be blank');
const Code = text(20).min(1);
/** Whose subtree somebody sees hangs on the parent, so a node keeps the one it was entered with. */
export const NewTreeNode = z
  .strictObject({ code: Code, parentCode: Code.nullable().default(null), nameZh: Name, nameEn: Name })
  .meta({ id: 'NewTreeNode' });
export const TreeNodePatch = z
  .strictObject({ nameZh: Name, nameEn: Name, retiredOn: Day.nullable() })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, '请至少填写一项 · name one field at least')
  .meta({ id: 'TreeNodePatch' });
export const CodeParams = z.strictObject({ code: Code });
