/** A server's certificate for tests, signed by itself: `shop.example` and `*.wild.example`, for a hundred years. */
export const TLS_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBrjCCAVSgAwIBAgIUT2D7ktQrO+V3xoY/ZxkUvJ3YuA0wCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMc2hvcC5leGFtcGxlMCAXDTI2MTEyNTAwMDEyMFoYDzIxMjYx
MTAxMDAwMTIwWjAXMRUwEwYDVQQDDAxzaG9wLmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQaUCbVREyyBoWJjWZHoIv9DUBhqmwyGKFX7uGf7whM6boB
GoyyPygpCgINP9T4pSkX9Nzg/pfytZ8iwSFBk1Q2o3wwejAdBgNVHQ4EFgQUhrEE
4654q/aiu+KML/dhzFiM+00wHwYDVR0jBBgwFoAUhrEE4654q/aiu+KML/dhzFiM
+00wDwYDVR0TAQH/BAUwAwEB/zAnBgNVHREEIDAeggxzaG9wLmV4YW1wbGWCDiou
d2lsZC5leGFtcGxlMAoGCCqGSM49BAMCA0gAMEUCIQCsy0qhCAtWLGbx945P7JeA
2ehp6EEqbF7BpbBg8NvjSwIgXY9nBWMgrfPcBUOhsUEgICUepgC0AHeC/f0QpZUU
CP0=
-----END CERTIFICATE-----
`;

/** Worth nothing: it is in the open. */
export const TLS_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP7mDni02Doz5hP0q
beH3OT/DtH6ra5jfXw/aTLOAdtehRANCAAQaUCbVREyyBoWJjWZHoIv9DUBhqmwy
GKFX7uGf7whM6boBGoyyPygpCgINP9T4pSkX9Nzg/pfytZ8iwSFBk1Q2
-----END PRIVATE KEY-----
`;
