import { useState } from 'preact/hooks';

/** Asked for once, when something is saved for the first time. */
export function WriteTokenForm({
  problem,
  onToken,
}: {
  readonly problem: string;
  readonly onToken: (token: string) => void;
}) {
  const [value, setValue] = useState('');
  return (
    <form
      class="write-token"
      onSubmit={(event) => {
        event.preventDefault();
        onToken(value.trim());
      }}
    >
      <label>
        Write token
        <input
          type="password"
          autocomplete="off"
          // Somebody pressed Save: this is what it still needs
          // biome-ignore lint/a11y/noAutofocus: it was asked for by a press of a button
          autoFocus
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary" disabled={value.trim() === ''}>
        Save with it
      </button>
      <p class="soft" role="status">
        {problem !== '' && <strong>{problem} </strong>}
        It is what <code>LATEEN_WRITE_TOKEN</code> of the controller was set to. This tab keeps it until it is
        closed.
      </p>
    </form>
  );
}
