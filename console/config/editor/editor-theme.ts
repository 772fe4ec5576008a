import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

// Colours are the console's own (styles/tokens.css): they reach into the editor's shadow root.
const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: 'var(--text-m)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { padding: '0.5rem 0', caretColor: 'var(--ink)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--sea) 28%, transparent)',
  },
  '.cm-gutters': { color: 'var(--ink-soft)', backgroundColor: 'var(--surface)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in srgb, var(--sunken) 60%, transparent)',
  },
  '.cm-target-line': { backgroundColor: 'var(--sea-wash)' },
  '.cm-lintRange-error': underlined('--bad'),
  '.cm-lintRange-warning': underlined('--warn'),
  '.cm-lintRange-info': underlined('--info'),
  '.cm-tooltip': {
    maxWidth: 'min(30rem, 80vw)',
    color: 'var(--ink)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius)',
    boxShadow: 'var(--shadow)',
    fontFamily: 'var(--font)',
    fontSize: 'var(--text-m)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16rem' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '0.15rem 0.5rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--on-sea)',
    backgroundColor: 'var(--sea)',
  },
  '.cm-completionDetail': {
    opacity: 1,
    color: 'var(--ink-soft)',
    fontFamily: 'var(--font)',
    fontStyle: 'normal',
  },
  'li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-tooltip.cm-completionInfo': { padding: '0.4rem 0.6rem', maxWidth: '20rem' },
  '.cm-note': { padding: '0.4rem 0.6rem' },
  '.cm-note-path': { fontFamily: 'var(--mono)', fontWeight: '600', overflowWrap: 'anywhere' },
  '.cm-note-type': { color: 'var(--ink-soft)' },
  '.cm-diagnostic': { padding: '0.3rem 0.6rem', whiteSpace: 'normal' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--warn)' },
  '.cm-diagnostic-info': { borderLeftColor: 'var(--info)' },
  '.cm-remedy': { color: 'var(--ink-soft)' },
  '.cm-collapsedLines': {
    color: 'var(--ink-soft)',
    background: 'var(--sunken)',
    padding: '0.2rem 0.75rem',
  },
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"···"' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--ok-wash) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-wash) !important', paddingLeft: '6px' },
  '.cm-changedText': {
    background: 'color-mix(in srgb, var(--ok) 12%, transparent) !important',
  },
  '.cm-deletedChunk .cm-deletedText, .cm-deletedText': {
    background: 'color-mix(in srgb, var(--bad) 12%, transparent) !important',
  },
  '.cm-changeGutter': { width: '3px' },
  '.cm-changedLineGutter': { background: 'var(--ok)' },
  '.cm-deletedLineGutter': { background: 'var(--bad)' },
});

function underlined(colour: string) {
  return {
    backgroundImage: 'none',
    textDecoration: `underline wavy var(${colour})`,
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '0.2em',
  };
}

const highlighting = HighlightStyle.define([
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName)],
    color: 'var(--sea-strong)',
    fontWeight: '550',
  },
  { tag: tags.comment, color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--info)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--chart-3)' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--ink-soft)' },
  { tag: [tags.meta, tags.typeName, tags.labelName], color: 'var(--warn)' },
]);

export const editorTheme = [theme, syntaxHighlighting(highlighting)];
