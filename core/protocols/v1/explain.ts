import type { HttpRequest } from '../../serving/http.ts';
import { explainCall } from '../explain-call.ts';
import type { ExplainCall, ProtocolModel } from '../protocol.ts';
import { decodeV1 } from './predict.ts';

/** Decodes KServe v1's request for an explanation; the answer is that of a prediction with `explanations` beside it. */
export function decodeExplainV1(request: HttpRequest, protocolModel: ProtocolModel): ExplainCall {
  const call = decodeV1(request, protocolModel);
  return {
    ...explainCall(call, request),
    encode(result) {
      const predicted = call.encode(result);
      const members = String(predicted.body).slice(0, -1);
      return { ...predicted, body: `${members},"explanations":${JSON.stringify(result.explanation)}}` };
    },
  };
}
