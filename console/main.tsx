import { render } from 'preact';
import { App } from './app.tsx';
import { startEvents } from './events.ts';
import { startRouter } from './router.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';

startRouter();
startEvents();
render(<App />, document.getElementById('app') as HTMLElement);
