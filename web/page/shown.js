/** Tells whether a panel is in sight, so that nothing is computed for one that isn't. */

/** @param {HTMLElement} panel @param {(shown: boolean) => void} tell now and at each change */
export function whileShown(panel, tell) {
  let last = !panel.hidden;
  tell(last);
  new MutationObserver(() => {
    if (panel.hidden === !last) return;
    last = !panel.hidden;
    tell(last);
  }).observe(panel, { attributeFilter: ['hidden'] });
}
