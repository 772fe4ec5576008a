import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertFinds, beyondVersion, head } from './testing/assert-finds.ts';
import { read } from './testing/read-text.ts';

/**
 * YAML as old slides show it, typed off with its mistakes: each either works, or the error says what to write.
 */

describe('slides of 2018', () => {
  it('takes a Gateway whose fields stand right', () => {
    const text = `${head('Gateway')}spec:
  selector:
    istio: ingressgateway
  servers:
    - port:
        number: 80
        name: http
        protocol: HTTP
      hosts:
        - myapp.ns.svc.cluster.local
`;
    assert.deepEqual(beyondVersion(text), []);
    assert.equal(read(text).resources.length, 1);
  });

  it('points at the line where the port of a Gateway lost its indentation', () => {
    const text = `${head('Gateway')}spec:
  selector:
    istio: ingressgateway
  servers:
    - port:
      number: 80
      name: http
      protocol: HTTP
    hosts:
      - myapp.ns.svc.cluster.local
`;
    assertFinds(text, /^LAT0001 .*not YAML: .* \| Check indentation/);
    assert.equal(read(text).violations[0]?.line, 13);
  });

  it('tells the indentation of number, name and protocol below port', () => {
    assertFinds(
      `${head('Gateway')}spec:
  selector:
    istio: ingressgateway
  servers:
    - port:
      number: 80
      name: http
      protocol: HTTP
      hosts: ["*"]
`,
      /servers\[0\]\.number: unknown field "number".*\| Indent it further: it belongs below "port"\./,
      /servers\[0\]\.protocol: .*below "port"/,
      /servers\[0\]\.port: expected a mapping of fields, found nothing/,
    );
  });

  it('knows the group that was misspelled networking.stio.io', () => {
    const text = `${head('VirtualService', 'networking.stio.io/v1alpha3')}spec:
  hosts: [myapp]
  http: [{ route: [{ destination: { host: myapp } }] }]
`;
    assertFinds(
      text,
      /^LAT0003 apiVersion: unknown apiVersion .* \| Did you mean "networking\.istio\.io\/v1alpha3"\?/,
    );
    assert.equal(read(text).violations[0]?.severity, 'Error');
    assert.deepEqual(read(text).invalid, ['VirtualService default/myapp'], 'its last good version stays');
  });

  it('knows what an apiVersion with dots in place of the group means', () => {
    const text = `${head('Gateway', '.../v1alpha3')}spec: {}\n`;
    assertFinds(text, /unknown apiVersion "\.\.\.\/v1alpha3" for Gateway.*Did you mean "networking/);
  });

  it('tells that uri and exact, destination and host stand at one depth', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts:
  - "*"
  gateways:
  - myapp-gateway
  http:
  - match:
    - uri:
      exact: /v1
    route:
    - destination:
      hosts: myapp.ns.svc.cluster.local
    rewrite:
      uri: /
`,
      /match\[0\]\.exact: unknown field "exact".*it belongs below "uri"/,
      /route\[0\]\.hosts: unknown field "hosts".*below "destination", and write "host"/,
    );
  });

  it('tells host for hosts in a destination, and where a rewrite belongs', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: ["*"]
  gateways: [myapp-gateway]
  http:
  - match:
    - uri:
        exact: /v1
    route:
    - destination:
        hosts: myapp
      rewrite:
        uri: /
  - route:
    - destination:
        hosts: myapp_v2
        port:
          number: 8080
`,
      /http\[0\]\.route\[0\]\.destination\.hosts: .*Did you mean "host"\?/,
      /route\[0\]\.rewrite: .*Indent it less: it belongs directly below spec\.http\[0\]/,
      /http\[1\]\.route\[0\]\.destination\.hosts: .*Did you mean "host"\?/,
    );
  });

  it('warns of a document without metadata, and of a weight beside its destination', () => {
    assertFinds(
      `apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
spec:
  gateways:
  - myapp-gateway
  http:
  - route:
    - destination:
      hosts: myapp
      weight: 75
    - destination:
      hosts: myapp-beta
      weight: 25
`,
      /^LAT0002 metadata\.name: metadata\.name is missing: the document is ignored/,
      /route\[1\]\.hosts: .*below "destination", and write "host"/,
    );
  });

  it('tells that hosts are missing where gateways are given', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  gateways: [myapp-gateway]
  http: [{ route: [{ destination: { host: myapp } }] }]
`,
      /spec\.gateways: a VirtualService without hosts is a delegate.*Did you forget the hosts/,
    );
  });

  it('tells how a header is matched by a regular expression', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match:
    - headers:
        authorization: ^.*Bearer .+$
    route:
    - destination:
        host: myapp
`,
      /headers\.authorization: expected a mapping.*\| Write { regex: "\^\.\*Bearer \.\+\$" }/,
    );
  });

  it('tells that a header stands beside headers', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match:
    - headers:
      authorization: ^.*Bearer .+$
    route:
    - destination:
        host: myapp
`,
      /match\[0\]\.authorization: .*it belongs below "headers"/,
    );
  });

  it('tells that labels stand beside sourceLabels', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match:
    - sourceLabels:
      app: myotherapp
      version: v2
    route:
    - destination:
        host: myapp
`,
      /match\[0\]\.app: .*it belongs below "sourceLabels"/,
      /match\[0\]\.version: .*it belongs below "sourceLabels"/,
    );
  });

  it('tells where a corsPolicy belongs', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - route:
    - destination:
        host: myapp
  corsPolicy:
    allowOrigin:
    - "*"
    allowMethods:
    - GET
`,
      /spec\.corsPolicy: unknown field "corsPolicy".*It belongs into an item of "http"/,
    );
  });

  it('tells that a bare star must be quoted', () => {
    const remedy = /^LAT0001 .*\| Put it in quotes: a bare \* begins an alias/;
    assertFinds(`${head('VirtualService')}spec:\n  corsPolicy:\n    allowOrigin:\n    - *\n`, remedy);
    assertFinds(`${head('DestinationRule')}spec:\n  host: *\n  subsets: []\n`, remedy);
  });

  it('takes allowOrigin, LEAST_CONN and consecutiveErrors, and tells their successors', () => {
    const texts = [
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - corsPolicy: { allowOrigin: ["*"], allowMethods: [GET, POST] }
    route: [{ destination: { host: myapp } }]
`,
      `${head('DestinationRule')}spec:
  host: myapp
  trafficPolicy: { loadBalancer: { simple: LEAST_CONN } }
`,
      `${head('DestinationRule')}spec:
  host: api.openweathermap.org
  trafficPolicy:
    connectionPool: { tcp: { maxConnections: 10 } }
    outlierDetection: { interval: 5m, consecutiveErrors: 5, baseEjectionTime: 15m }
`,
    ];
    const patterns = [/allowOrigins/, /LEAST_REQUEST/, /consecutive5xxErrors/];
    texts.forEach((text, index) => {
      const violations = beyondVersion(text);
      assert.equal(read(text).resources.length, 1);
      assert.deepEqual(
        violations.map(({ severity }) => severity),
        ['Warning'],
      );
      assert.match(violations[0]?.remedy ?? '', patterns[index] ?? /never/);
    });
  });

  it('tells maxConnections, below tcp', () => {
    assertFinds(
      `${head('DestinationRule')}spec:
  host: api.openweathermap.org
  trafficPolicy:
    connectionPool:
      maxConnection: 10
`,
      /connectionPool\.maxConnection: .*Did you mean "maxConnections", below "tcp"\?/,
    );
  });

  it('takes certificates as files', () => {
    const { resources, violations } = read(`${head('Gateway')}spec:
  selector:
    istio: egressgateway
  servers:
  - hosts: [api.openweathermap.org, hacker-news.firebaseio.com]
    port: { number: 443, protocol: HTTPS, name: https }
    tls:
      mode: SIMPLE
      serverCertificate: /etc/certs/cert-chain.pem
      privateKey: /etc/certs/key.pem
      caCertificates: /etc/certs/root-cert.pem
`);
    assert.deepEqual(
      violations.filter(({ severity }) => severity === 'Error'),
      [],
    );
    assert.equal(resources.length, 1);
  });

  it('takes the rules of an egress gateway', () => {
    const text = `${head('VirtualService')}spec:
  hosts: [api.openweathermap.org]
  gateways: [mesh, myapp-egress]
  http:
    - match:
      - gateways: [mesh]
        port: 80
      route:
        - destination:
            host: istio-egress-istio-system.svc.cluster.local
    - match:
      - gateways: [myapp-egress]
        port: 80
      route:
        - destination:
            host: api.openweathermap.org
`;
    assert.deepEqual(beyondVersion(text), []);
    assert.equal(read(text).resources.length, 1);
  });

  it('takes a ServiceEntry', () => {
    const { resources, violations } = read(`${head('ServiceEntry')}spec:
  hosts:
  - hacker-news.firebaseio.com
  - api.openweathermap.org
  ports:
  - number: 80
    protocol: HTTP
    name: http
  - number: 443
    protocol: HTTPS
    name: https
  location: MESH_EXTERNAL
  resolution: DNS
`);
    assert.deepEqual(
      violations.filter(({ severity }) => severity === 'Error'),
      [],
    );
    assert.equal(resources.length, 1);
  });

  it('tells that a rule is no match, and that a blank is no path', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match:
    - uri:
        exact: /v1
      rewrite:
        uri: /
      route:
        - destination:
            host: myapp
`,
      /match\[0\]\.rewrite: .*Indent it less: it belongs directly below spec\.http\[0\]/,
      /match\[0\]\.route: .*Indent it less/,
    );
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match: [{ uri: { prefix: /v1 } }]
    rewrite: { uri: " " }
    route: [{ destination: { host: myapp } }]
`,
      /rewrite\.uri: a path with a blank is no valid path \| To remove a prefix, match `prefix: \/v1\/`/,
    );
  });

  it('tells that a fragment without apiVersion and kind is no document', () => {
    assertFinds('http:\n- route: []\n', /^LAT0002 kind: kind is missing/);
  });

  it('tells that dots in place of rules are none', () => {
    assertFinds(`${head('VirtualService')}spec:\n  hosts: [a]\n  http: ...\n`, /spec\.http: expected a list/);
  });

  it('tells host for hosts beside a subset', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts:
  - myapp
  gateways:
  - myapp-gateway
  http:
  - match:
    - uri:
        exact: /v1
    route:
    - destination:
        hosts: myapp
        subset: v1rule
`,
      /destination\.hosts: unknown field "hosts".*Did you mean "host"\?/,
    );
  });

  it('takes the DestinationRule of the slides once its star is in quotes', () => {
    const text = `${head('DestinationRule')}spec:
  host: "*"
  subsets:
    - name: v1rule
      labels:
        app: myapp
        version: v1
      trafficPolicy:
        loadBalancer:
          simple: LEAST_CONN
`;
    assert.equal(read(text).resources.length, 1);
    assert.deepEqual(
      beyondVersion(text).map(({ path, remedy }) => `${path} ${remedy}`),
      ['spec.subsets[0].trafficPolicy.loadBalancer.simple Write LEAST_REQUEST.'],
    );
  });

  it('tells of a match that is one level too deep, rule by rule', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match:
    - uri:
        exact: /v1
      rewrite:
        uri: /
      route:
        - destination:
            host: myapp
  - match:
      - uri:
          prefix: /v1
        rewrite:
          uri: " "
        route:
          - destination:
              host: myapp
`,
      /http\[0\]\.match\[0\]\.route: .*Indent it less/,
      /http\[1\]\.match\[0\]\.rewrite: .*Indent it less/,
      /http\[1\]\.match\[0\]\.route: .*Indent it less/,
    );
  });

  it('tells the name of a match object’s member for a bare text', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - match: [{ uri: /v1, headers: { cookie: "a=b" } }]
    route: [{ destination: { host: myapp } }]
`,
      /match\[0\]\.uri: expected a mapping of fields, found the text "\/v1" \| Write { exact: "\/v1" }/,
      /headers\.cookie: .*Write { exact: "a=b" }/,
    );
  });
});
