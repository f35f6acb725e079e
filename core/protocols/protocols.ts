import { api } from './api.ts';
import { mlflow } from './mlflow/mlflow.ts';
import { errorObject, type Protocol, ProtocolError, type RequestHead } from './protocol.ts';
import { sagemaker } from './sagemaker/sagemaker.ts';
import { seldon } from './seldon/seldon.ts';
import { torchserve } from './torchserve/torchserve.ts';
import { trimtab } from './trimtab.ts';
import { v1 } from './v1/v1.ts';
import { v2 } from './v2/v2.ts';

/** Every protocol the endpoint speaks; the most frequent first. */
export const PROTOCOLS: readonly Protocol[] = [v2, v1, torchserve, sagemaker, mlflow, seldon, trimtab, api];

/** Answers for requests that belong to no protocol. */
const nobody: Protocol = {
  name: 'none',
  owns: () => true,
  fail: errorObject,
  resolve() {
    throw new ProtocolError(404, 'no such path, /openapi.json has all there are');
  },
};

/** The protocol that a request belongs to. */
export const protocolOf = (head: RequestHead): Protocol => PROTOCOLS.find((protocol) => protocol.owns(head)) ?? nobody;
