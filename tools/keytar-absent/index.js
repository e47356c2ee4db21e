throw new Error(
  'keytar is replaced by an empty package here: nothing in this project logs in to Atlassian',
);
