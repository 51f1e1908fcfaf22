import { z } from 'zod';

/** A code and its names in both languages. */
export const CodeName = z.object({ code: z.string(), nameZh: z.string(), nameEn: z.string() }).meta({ id: 'CodeName' });

export const CodeNames = z.object({ items: z.array(CodeName) });
