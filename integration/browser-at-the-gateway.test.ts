import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Bookinfo, startBookinfo } from './fixture/bookinfo.ts';
import { buildBrowser, type Visit, visit } from './fixture/browser.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';

const HOST = 'shop.example.com';

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: shop-https }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [${HOST}]
      tls: { mode: SIMPLE, credentialName: shop-example-com }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop-https }
spec:
  hosts: [${HOST}]
  gateways: [shop-https]
  http: [{ route: [{ destination: { host: productpage, port: { number: 9080 } } }] }]
`;

const LOG = `
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
accessLogFile: /dev/stdout
accessLogFormat: "%PROTOCOL% %RESPONSE_CODE% %REQ(:PATH)% %REQUESTED_SERVER_NAME% %REQ(USER-AGENT)%\\n"
`;

let mesh: Bookinfo;
let authority: string;
let page: Omit<Visit, 'authority'>;

before(async () => {
  await buildBrowser();
  mesh = await startBookinfo('browser');
  authority = await mkdtemp(join(tmpdir(), 'lateen-browser-ca-'));
  const secret = join(authority, 'secret.yaml');
  const made = await lateen(['x', 'cert', HOST, '--ca', authority, '-w', secret]);
  assert.equal(made.status, 0, made.stderr);
  await mesh.apply('secret.yaml', await readFile(secret, 'utf8'));
  await mesh.apply('meshconfig.yaml', LOG);
  await mesh.apply('gateway.yaml', GATEWAY);
  const [gateway = ''] = await mesh.containers('istio-ingressgateway');
  page = {
    url: `https://${HOST}/productpage`,
    network: `${mesh.project}_default`,
    server: `${await mesh.address(gateway)}:8443`,
  };
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
  if (authority !== undefined) await rm(authority, { recursive: true });
});

test('Chromium shows a page of the mesh over HTTPS and HTTP/2, with a certificate of `lateen x cert`', async () => {
  const dom = await visit({ ...page, authority: join(authority, 'ca.crt') });
  assert.match(dom, /<h1>The Lateen and the Wind<\/h1>/);
  assert.match(dom, /<dt>Author<\/dt><dd>Mira Halvorsen<\/dd>/, 'the details have answered');
  assert.match(dom, /<cite>Reviewer1<\/cite>/, 'and so have the reviews');
  await eventually('the gateway logs it', async () =>
    /HTTP\/2 200 \/productpage shop\.example\.com .*HeadlessChrome/.test(
      await mesh.logs('istio-ingressgateway'),
    )
      ? true
      : undefined,
  );
});

test('without its authority Chromium refuses it, and the log of the gateway says so', async () => {
  assert.match(await visit(page), /ERR_CERT_AUTHORITY_INVALID/);
  await eventually('the gateway logs it', async () =>
    /a connection was closed unserved reason=.*certificate.*unknown/i.test(
      await mesh.logs('istio-ingressgateway'),
    )
      ? true
      : undefined,
  );
});
