/** Loads the page as whom and in which theme the two lists say, and keeps both in the address. */
const account = document.getElementById('account');
const theme = document.getElementById('theme');
const frame = document.getElementById('page');

function show() {
  frame.src = `/as/${account.value}/page/index.html?theme=${theme.value}`;
  history.replaceState(null, '', `?as=${account.value}&theme=${theme.value}`);
}

const query = new URLSearchParams(location.search);
if (query.get('as') === 'user') account.value = 'user';
if (query.get('theme') === 'dark') theme.value = 'dark';
account.addEventListener('change', show);
theme.addEventListener('change', show);
show();
