import { COMMON_NOTES } from './common-notes.ts';
import { DESTINATION_NOTES } from './destination-notes.ts';
import { ENTRANCE_NOTES } from './entrance-notes.ts';
import { MESH_NOTES } from './mesh-notes.ts';
import type { FieldNotes } from './notes.ts';
import { POLICY_NOTES } from './policy-notes.ts';
import { ROUTE_NOTES } from './route-notes.ts';

/** '' stands for the kind itself. */
export const FIELD_NOTES: Readonly<Record<string, FieldNotes>> = {
  ...ROUTE_NOTES,
  ...DESTINATION_NOTES,
  ...ENTRANCE_NOTES,
  ...POLICY_NOTES,
  ...MESH_NOTES,
};

/** What editors show of a field: the note with the longest end of its path; '' = none. */
export function fieldNote(kind: string, path: readonly string[]): string {
  if (path.length === 0) return FIELD_NOTES[kind]?.[''] ?? '';
  for (const notes of [FIELD_NOTES[kind] ?? {}, COMMON_NOTES]) {
    for (let start = 0; start < path.length; start++) {
      const note = notes[path.slice(start).join('.')];
      if (note !== undefined) return note;
    }
  }
  return '';
}
