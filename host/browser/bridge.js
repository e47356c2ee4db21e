/**
 * The host's side of `@forge/bridge` 7.2.0, which finds `__bridge.callBridge` when it is first
 * imported and makes every call through it. In Jira this script talks to the page around the frame;
 * here it talks to the local server, below whose path the page has been loaded.
 */
(() => {
  const query = new URLSearchParams(location.search);

  const answers = {
    async invoke({ functionKey, payload, metadata }) {
      const response = await fetch('../invoke', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ functionKey, payload }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.message);
      return metadata === undefined ? answer.body : { body: answer.body, metadata: {} };
    },

    async getContext() {
      const response = await fetch('../context');
      return response.json();
    },

    async enableTheming() {
      const html = document.documentElement;
      html.dataset.theme =
        'dark:dark light:light motion:motion shape:shape spacing:spacing typography:typography';
      html.dataset.colorMode = query.get('theme') === 'dark' ? 'dark' : 'light';
      const sheet = document.createElement('link');
      sheet.rel = 'stylesheet';
      sheet.href = '/theme.css';
      await new Promise((resolve, reject) => {
        sheet.onload = resolve;
        sheet.onerror = reject;
        document.head.append(sheet);
      });
    },
  };

  globalThis.__bridge = {
    async callBridge(name, data) {
      const answer = answers[name];
      if (answer === undefined) throw new Error(`the local host does not provide ${name}`);
      return answer(data);
    },
  };
})();
