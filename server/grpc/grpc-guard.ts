import {
  experimental,
  type Metadata,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import type { CertificateNames } from '../../core/access/certificate-names.ts';
import type { Identity } from '../../core/access/identity.ts';
import type { RouteRole } from '../../core/access/roles.ts';
import { callerOfAddress } from '../../core/guards/caller.ts';
import { ProtocolError } from '../../core/protocols/protocol.ts';
import type { Access } from '../access/access.ts';
import type { TlsFiles, TlsMaterial } from '../access/tls-files.ts';
import { grpcStatusOf } from './status-codes.ts';

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

/** Lets calls in before their messages are read. */
export interface GrpcGuard {
  readonly interceptor: ServerInterceptor;
  /** Who has made a call that was let in, by its metadata. */
  identity(metadata: Metadata): Identity | undefined;
}

/** Pages in a browser cannot make such calls, so Host and Origin are not looked at. */
export function grpcGuard(access: Access): GrpcGuard {
  const identities = new WeakMap<Metadata, Identity>();
  const interceptor: ServerInterceptor = (method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, pass) => {
              try {
                const [authorization] = metadata.get('authorization');
                const { identity } = access.authorize(
                  {
                    method: 'POST',
                    path: method.path,
                    headers: authorization === undefined ? {} : { authorization: String(authorization) },
                    address: callerOfAddress(addressOf(call.getPeer())),
                    certificate: () => call.getAuthContext().sslPeerCertificate as CertificateNames | undefined,
                  },
                  CALL_ROLES[method.path],
                );
                if (identity !== undefined) identities.set(metadata, identity);
                pass(metadata);
              } catch (error) {
                if (!(error instanceof ProtocolError)) throw error;
                call.sendStatus({ code: grpcStatusOf(error.status), details: error.message });
              }
            })
            .build(),
        ),
    });
  return { interceptor, identity: (metadata) => identities.get(metadata) };
}

/** Address of a peer, which gRPC writes as `address:port`. */
export const addressOf = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

/** Certificate and key for gRPC, as they are and as they become. */
export function grpcCredentials(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const stops = new Map<unknown, () => void>();
  // The library notes who is to be told only after it has added its listeners.
  const listen = (listener: unknown, take: (material: TlsMaterial) => void): void =>
    queueMicrotask(() => stops.set(listener, tls.onChange(take)));
  const stop = (listener: unknown): void => stops.get(listener)?.();
  const provider: experimental.CertificateProvider = {
    addIdentityCertificateListener: (listener) =>
      listen(listener, ({ cert, key }) => listener({ certificate: cert, privateKey: key })),
    addCaCertificateListener: (listener) =>
      listen(listener, ({ ca }) => listener(ca === undefined ? null : { caCertificate: ca })),
    removeIdentityCertificateListener: stop,
    removeCaCertificateListener: stop,
  };
  // Clients may come without a certificate: they may have a token.
  return experimental.createCertificateProviderServerCredentials(provider, tls.asksClients ? provider : null, false);
}
