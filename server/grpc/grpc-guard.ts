import type { IncomingHttpHeaders } from 'node:http2';
import type { CertificateNames } from '../../core/access/certificate-names.ts';
import type { Identity } from '../../core/access/identity.ts';
import type { RouteRole } from '../../core/access/roles.ts';
import type { Access } from '../access/access.ts';

/** What the calls need, by their full names; a test holds the list against the services. */
export const CALL_ROLES: Readonly<Record<string, RouteRole>> = {
  '/inference.GRPCInferenceService/ServerLive': 'open',
  '/inference.GRPCInferenceService/ServerReady': 'open',
  '/inference.GRPCInferenceService/ModelReady': 'read',
  '/inference.GRPCInferenceService/ServerMetadata': 'read',
  '/inference.GRPCInferenceService/ModelMetadata': 'read',
  '/inference.GRPCInferenceService/ModelInfer': 'predict',
  '/grpc.health.v1.Health/Check': 'open',
};

/** A call that has come as far as its head. */
export interface CallHead {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Identity of the other end by its address. */
  readonly address: string | undefined;
  /** Certificate of the other end, where an authority that is trusted has signed it. */
  readonly certificate: () => CertificateNames | undefined;
}

/**
 * Lets calls in before their messages are read.
 *
 * @returns who makes it; undefined where nobody is asked
 * @throws ProtocolError for a call that is not let in
 */
export type GrpcGuard = (call: CallHead) => Identity | undefined;

/** By the same checks as over HTTP. What is called by is the authority, which stands for Host. */
export const grpcGuard =
  (access: Access): GrpcGuard =>
  ({ path, headers: { ':authority': authority, host = authority, origin, authorization }, address, certificate }) =>
    access.admit(
      { method: 'POST', path, headers: { host, origin, authorization }, address, certificate },
      CALL_ROLES[path],
    ).identity;
