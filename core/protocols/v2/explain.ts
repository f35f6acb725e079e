import type { Explanation } from '../../explain/explanation.ts';
import type { HttpRequest } from '../../serving/http.ts';
import { explainCall } from '../explain-call.ts';
import { type ExplainCall, json, type ProtocolModel } from '../protocol.ts';
import { decodeV2 } from './infer.ts';

/**
 * Decodes a request for an explanation in the form of an inference request. The Open Inference Protocol defines no
 * answer to that, so it is MLServer's: a text output `explanation` that holds everything as JSON. The numbers are there
 * as tensors as well.
 */
export function decodeExplainV2(request: HttpRequest, protocolModel: ProtocolModel): ExplainCall {
  const call = decodeV2(request, protocolModel);
  return {
    ...explainCall(call, request),
    encode: ({ model, version, id, explanation }) => {
      const { rows, features } = explanation;
      const table = (name: string, of: (row: Explanation['rows'][number]) => readonly number[]) => ({
        name,
        datatype: 'FP64',
        shape: [rows.length, features.length],
        data: rows.flatMap(of),
      });
      const errors = rows.every(({ standardErrors }) => standardErrors !== undefined);
      const classes = rows.flatMap((row) => row.class ?? []);
      return json(200, {
        model_name: model,
        model_version: String(version),
        id,
        outputs: [
          {
            name: 'explanation',
            datatype: 'BYTES',
            shape: [1],
            parameters: { content_type: 'str' },
            data: [JSON.stringify(explanation)],
          },
          { name: 'features', datatype: 'BYTES', shape: [features.length], data: features },
          table('values', (row) => row.values),
          ...(errors ? [table('standard_errors', (row) => row.standardErrors!)] : []),
          { name: 'base_values', datatype: 'FP64', shape: [rows.length], data: rows.map((row) => row.baseValue) },
          { name: 'columns', datatype: 'INT64', shape: [rows.length], data: rows.map((row) => row.column) },
          ...(classes.length === rows.length
            ? [{ name: 'classes', datatype: 'BYTES', shape: [rows.length], data: classes }]
            : []),
        ],
      });
    },
  };
}
