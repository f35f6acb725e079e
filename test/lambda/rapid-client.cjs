// Stands in for the one native file of AWS's runtime interface client, which npm has as C++ source only: the same three
// functions over Node's own HTTP. What it posts is on its way when `done` returns; the next `next` waits for it.
const { Agent, request } = require('node:http');

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let posted = Promise.resolve();

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}`, headers };
    const asked = request(options, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk) => {
          text += chunk;
        })
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
        .on('error', reject);
    });
    asked.on('error', reject).end(body);
  });
}

function post(path, body, headers) {
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  posted = call('POST', path, body, { ...type, ...headers });
  // `next` reports it.
  posted.catch(() => undefined);
}

exports.next = async () => {
  await posted;
  const { status, headers, text } = await call('GET', 'next');
  if (status !== 200) throw new Error(`Failed to get next invocation, error ${status}`);
  return { bodyJson: text, headers };
};
exports.done = (id, body) => post(`${id}/response`, body);
exports.error = (id, body, xray) =>
  // A header of Node's is Latin-1; curl, in the native part, writes bytes.
  post(`${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': Buffer.from(xray).toString('latin1') });
