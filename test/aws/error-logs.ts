import { paginateDescribeLogGroups, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { Clients } from './clients.ts';

const ERROR_PATTERN = /"level":"error"|\bError\b|Task timed out|AccessDenied/;
const SHOWN = 500;

/** What functions have logged that sounds like trouble, for whoever has to find out why a test failed. */
export async function errorLogs({ logs }: Clients): Promise<string[]> {
  const found: string[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {}))
    for (const { logGroupName } of logGroups)
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName }))
        for (const { message = '' } of events)
          if (ERROR_PATTERN.test(message)) found.push(`${logGroupName!.split('/').at(-1)}: ${message.slice(0, SHOWN)}`);
  return [...new Set(found)];
}
