import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

type Place = 'ours' | 'theirs';
/** Known numbers, so that an example can name a row before it is there. */
const ids = { ours: 900_001, theirs: 900_002 };
const one = (_: World, place: Place) => ({ params: { id: ids[place] } });
const version = (world: World, place: Place) => ({ ...one(world, place), headers: { 'if-match': '"1"' } });

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into platform.app_user (login, display_name, password_hash) values ($1, 'x', 'never matches') on conflict do nothing`,
      [`importer-${place}`],
    );
    await owner.query(
      `insert into platform.registry_import (id, file_name, format, bytes, sha256, state, counts, institution_ids, created_by, created_at)
       overriding system value
       select $1::int4, $2, 'csv', 1, sha256($3), 'ready', '{}', array[$4::int4], u.id, now()
       from platform.app_user u where u.login = $5`,
      [ids[place], `${place}.csv`, Buffer.from(place), world[place].institutionId, `importer-${place}`],
    );
    await owner.query(
      `insert into platform.registry_import_row (import_id, kind, line, given, action, key, after)
       values ($1, 'meters', 2, '{}', 'create', 'X', '{"code": "X"}')`,
      [ids[place]],
    );
    await owner.query(
      `insert into platform.registry_import_error (import_id, position, kind, sheet, line, value, zh, en)
       values ($1, 0, 'meters', '', 2, '', '错', 'wrong')`,
      [ids[place]],
    );
  },
  change: async (owner, _, place) => {
    await owner.query("update platform.registry_import set file_name = file_name || 'x' where id = $1", [ids[place]]);
    await owner.query("update platform.registry_import_row set key = key || 'x' where import_id = $1", [ids[place]]);
    await owner.query("update platform.registry_import_error set value = value || 'x' where import_id = $1", [
      ids[place],
    ]);
  },
  routes: {
    getRegistryImport: one,
    listRegistryImportChanges: one,
    listRegistryImportErrors: one,
    checkRegistryImport: version,
    commitRegistryImport: version,
    undoRegistryImport: version,
    exportRegistry: () => ({ query: { kinds: 'meters', format: 'csv' } }),
    uploadRegistryImport: () => ({
      query: { fileName: 'x.csv', kind: 'meters' },
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from('表计编号\nX\n'),
    }),
  },
  unscoped: {
    getRegistryImportTemplate: 'an empty file: codes of the whole city, nothing of an institution',
    uploadRegistryImport:
      'what is read belongs to who sent it; institutions are looked up by the check, inside the scope',
  },
  refusedAsExample: {
    commitRegistryImport: 'needs a file without faults; registry-imports.test.ts',
    undoRegistryImport: 'needs a file without faults; registry-imports.test.ts',
  },
};
