/** The first run may have to build the image of the mesh. */
module.exports = { testEnvironment: 'node', testTimeout: 180_000 };
