// The yardstick: the least that a Node server does for a run. It reads the JSON of the Open Inference Protocol, runs, and
// writes the JSON; no contract, no capture, no metrics, no other protocol, and it believes whatever it is sent.
//
// MODEL=model.onnx PORT=8000 node bare.cjs
const { createServer } = require('node:http');
const { InferenceSession, Tensor } = require('onnxruntime-node');

const DATATYPES = { float32: 'FP32', int64: 'INT64' };

async function main() {
  const session = await InferenceSession.create(process.env.MODEL, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const infer = async (text) => {
    const { inputs } = JSON.parse(text);
    const feeds = {};
    for (const { name, shape, data } of inputs) feeds[name] = new Tensor('float32', Float32Array.from(data), shape);
    const results = await session.run(feeds);
    const outputs = Object.entries(results).map(([name, { type, dims, data }]) => ({
      name,
      shape: dims,
      datatype: DATATYPES[type],
      data: Array.from(data, Number),
    }));
    return JSON.stringify({ outputs });
  };
  const server = createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', async () => {
      const body = incoming.method === 'POST' ? await infer(Buffer.concat(chunks).toString()) : '{"ready":true}';
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      outgoing.end(body);
    });
  });
  server.listen(Number(process.env.PORT), '127.0.0.1');
}

void main();
