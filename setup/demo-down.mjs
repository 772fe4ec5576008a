// npm run demo:down: removes every container, network and volume of the demo.
import { composeArgs, PROJECT } from './example.mjs';
import { main, say, step } from './progress.mjs';
import { must, run, works } from './shell.mjs';

await main(async () => {
  if (!(await works('docker', ['version']))) {
    say('No Docker engine answers: there is nothing to remove.');
    return;
  }
  await step('Removing the demo', async () => {
    await must('docker', composeArgs('down', '--remove-orphans', '-t', '5'));
    // Agents end with their apps; what still ends now would hold the volumes.
    await removeAll('ps', ['-aq'], ['rm', '-f']);
    await must('docker', composeArgs('down', '-v', '--remove-orphans'));
    await removeAll('volume ls', ['-q'], ['volume', 'rm']);
    await removeAll('network ls', ['-q'], ['network', 'rm']);
  });
});

async function removeAll(listing, flags, removal) {
  for (const label of [`com.docker.compose.project=${PROJECT}`, `lateen.mesh=${PROJECT}`]) {
    const { stdout } = await run('docker', [...listing.split(' '), ...flags, '--filter', `label=${label}`]);
    const ids = stdout.split('\n').filter(Boolean);
    if (ids.length > 0) await run('docker', [...removal, ...ids]);
  }
}
