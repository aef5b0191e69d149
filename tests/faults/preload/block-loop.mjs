// Loaded into a process under test: SIGWINCH makes its event loop stand still for FAULTS_BLOCK_MS.
const blockMs = Number(process.env.FAULTS_BLOCK_MS ?? 0);

process.on("SIGWINCH", () => {
  const end = performance.now() + blockMs;
  while (performance.now() < end);
});
