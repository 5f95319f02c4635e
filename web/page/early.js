// Runs before the first paint, as a classic script: theme and language without a flash of the other.
// Both are kept as page/theme.js and page/language.js write them.
(() => {
  /** @param {string} key */
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is forbidden here
    }
  };
  const choice = kept('theme') ?? 'auto';
  const dark = choice === 'dark' || (choice === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  const root = document.documentElement;
  root.dataset.theme = dark ? 'dark' : 'light';
  root.lang = (kept('language') ?? navigator.language).startsWith('zh') ? 'zh' : 'en';
})();
