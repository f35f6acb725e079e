import {
  type Attack,
  halfHeads,
  idleSessions,
  nearlyWhole,
  promises,
  tinyChunks,
  unfinishedMessages,
  unreadAnswers,
} from '../test/hostile/attacks.ts';

/**
 * Attacks a server until it is killed, in a process of its own, so that it takes nothing from those who measure.
 *
 * Arguments: name of the attack, URL of the server, its address of gRPC where it has one.
 */
const MEGABYTE = 1024 * 1024;
const [name = '', url = '', grpc = ''] = process.argv.slice(2);

const ATTACKS: Readonly<Record<string, () => Attack>> = {
  none: () => ({ stop: () => undefined }),
  promises: () => promises(url, 90),
  halfHeads: () => halfHeads(url, 2_000),
  nearlyWhole: () => nearlyWhole(url, 60),
  tinyChunks: () => tinyChunks(url, 3, 2_000_000),
  unreadAnswers: () => unreadAnswers(url, 100),
  streams: () => unfinishedMessages(grpc, 300, 5 * MEGABYTE),
  sessions: () => idleSessions(grpc, 200),
};

const attack = ATTACKS[name];
if (attack === undefined) throw new Error(`there is no attack ${name}, there are ${Object.keys(ATTACKS).join(', ')}`);
attack();
setInterval(() => undefined, 1_000);
