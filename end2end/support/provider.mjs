// A real OpenID provider (oidc-provider, certified) as a process of its own, with the pages that it brings for development:
// typing a name is enough to be that user. Groups come from the environment, so that a test can change it.
//
//   node provider.mjs PORT REDIRECT_URI
//
// Groups follow from the name: ada is in admins, mia in marketing. An address with "unproven" is not verified.
import Provider from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const groups = { ada: ['admins'], mia: ['marketing', 'everyone-else'] };

const provider = new Provider(issuer, {
  clients: [{ client_id: 'wayfare', client_secret: 'a secret between the two', redirect_uris: [redirectUri] }],
  pkce: { required: () => true },
  scopes: ['openid', 'email', 'profile', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@example.com`,
      email_verified: !id.includes('unproven'),
      name: id[0].toUpperCase() + id.slice(1),
      groups: groups[id] ?? [],
    }),
  }),
});

provider.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${issuer}`));
