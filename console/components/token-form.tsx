import { useState } from 'preact/hooks';
import { keepToken } from '../api.ts';
import { EmptyState } from './empty-state.tsx';

/** Asked for where the controller refuses: by default the console is for this machine only. */
export function TokenForm({ title = 'The controller asks for the token' }: { readonly title?: string }) {
  const [value, setValue] = useState('');
  return (
    <EmptyState title={title} icon="lock">
      <p>
        It is what <code>LATEEN_ADMIN_TOKEN</code> was set to when the mesh was started;{' '}
        <code>lateen dashboard</code> opens the console with it.
      </p>
      <form
        class="token-form"
        onSubmit={(event) => {
          event.preventDefault();
          keepToken(value.trim());
        }}
      >
        <label>
          Token
          <input
            type="password"
            autocomplete="off"
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={value.trim() === ''}>
          Use it
        </button>
      </form>
    </EmptyState>
  );
}
