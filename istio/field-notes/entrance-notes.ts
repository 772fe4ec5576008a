import type { FieldNotes } from './notes.ts';

export const ENTRANCE_NOTES: Readonly<Record<string, FieldNotes>> = {
  Gateway: {
    '': 'What a gateway opens: ports, hosts and certificates. A VirtualService says where requests go from there.',
    selector: 'Labels of the gateway that it is for, such as istio: ingressgateway.',
    servers: 'Ports that it opens.',
    'servers.hosts':
      'Hosts that are served on it; "*" = all, "NAMESPACE/HOST" = with routes of that namespace.',
    'servers.port': 'Port, its protocol and its name.',
    'servers.name': 'Name of the server, for logs.',
    'servers.tls': 'How TLS is ended, or passed on.',
    'tls.mode':
      'SIMPLE: own certificate. MUTUAL: the client shows one too. PASSTHROUGH: unopened, routed by server name.',
    'tls.httpsRedirect': 'true = plain requests are told to come back by https (301).',
    'tls.caCertificates': 'File with the authorities whose client certificates are taken.',
    'tls.serverCertificate': 'File with the certificate.',
    'tls.privateKey': 'File with its key.',
    'tls.minProtocolVersion': 'Oldest TLS version that is spoken.',
    'tls.cipherSuites': 'Ciphers that may be used, by their OpenSSL names.',
  },
  Sidecar: {
    '': 'What the proxies of some workloads see and take: a smaller scope means less memory and clearer rules.',
    ingress: 'Ports that the workload takes; left out = all that are known.',
    'ingress.defaultEndpoint': 'Where they go: 127.0.0.1:PORT or 0.0.0.0:PORT.',
    'ingress.captureMode': 'Whether the port is captured.',
    egress: 'What the workload may see.',
    'egress.hosts': 'NAMESPACE/HOST: "./*" its own namespace, "*/*" everything, "~/*" nothing.',
    outboundTrafficPolicy: 'What happens to hosts that are not known.',
    'outboundTrafficPolicy.mode': 'ALLOW_ANY passes them on, REGISTRY_ONLY refuses them.',
  },
};
