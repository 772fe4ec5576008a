import type { Clock } from '../../base/clock.ts';
import { TRAFFIC_REPORT_MS } from '../../model/traffic.ts';
import type { Dataplane } from '../dataplane.ts';
import type { ControlClient } from './control-client.ts';

type Client = Pick<ControlClient, 'isConnected' | 'streams' | 'sendTraffic'>;

/**
 * Tells the controller about once a second what was counted, if anything was. What is counted while there is no controller
 * is told to nobody: it would look as if it had all happened in the second in which the controller came back.
 */
export function reportTraffic(
  clock: Clock,
  client: Client,
  dataplane: Pick<Dataplane, 'reportTraffic' | 'skipTraffic'>,
): void {
  let stream = 0;
  let isAway = false;
  let isUnderWay = false;
  const look = () => {
    clock.after(TRAFFIC_REPORT_MS, look);
    if (isUnderWay) return;
    if (!client.isConnected) {
      isAway = client.streams > 0;
      return;
    }
    if (isAway) dataplane.skipTraffic();
    isAway = false;
    const isFirst = stream !== client.streams;
    const report = dataplane.reportTraffic(isFirst);
    if (report === null) return;
    const { streams } = client;
    isUnderWay = true;
    void client.sendTraffic(report).then((hasArrived) => {
      isUnderWay = false;
      // Gauges that did not arrive are told again.
      stream = hasArrived ? streams : 0;
    });
  };
  clock.after(TRAFFIC_REPORT_MS, look);
}
