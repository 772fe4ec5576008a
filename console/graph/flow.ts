// Moves the dots along the lines. Not a CSS animation: those repaint sixty times a second, which for a hundred lines is
// half a core where nothing but the processor draws; a fifth of that is seen as moving too.
const EVERY_MS = 70;
/** From dot to dot; graph.css has the same. */
export const DOT_GAP = 26;

/** Until it is stopped. Each `.edge-flow` says by `data-speed` how far its dots go in a second. */
export function startFlow(root: SVGElement): () => void {
  const timer = setInterval(() => {
    if (document.hidden) return;
    const seconds = performance.now() / 1000;
    for (const line of root.querySelectorAll<SVGPathElement>('.edge-flow')) {
      const speed = Number(line.dataset['speed']);
      line.style.strokeDashoffset = (-(seconds * speed) % DOT_GAP).toFixed(1);
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}
