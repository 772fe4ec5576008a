/** The end of a field's path, without list indices (`fault.delay.fixedDelay`) → what it does, in a sentence or two. */
export type FieldNotes = Readonly<Record<string, string>>;
