/** Unix sockets of the controller's own container: what asks them runs inside of it, started through the Docker API. */
export const ADMIN_SOCKET = '/var/run/lateen-admin/admin.sock';
export const TEST_SOCKET = '/var/run/lateen-admin/test.sock';
