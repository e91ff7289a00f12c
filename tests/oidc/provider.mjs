// A real OpenID Connect provider on loopback: node provider.mjs FOLDER, with settings as JSON on the standard input.
//
// FOLDER holds the package oidc-provider (scripts/setup --test). Accounts are read anew from the file `accounts` at
// each question: {"lina": {"email": …, "email_verified": …, "groups": […]}}. Whoever types a name is that person.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2]);
const { default: Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));
const given = JSON.parse(readFileSync(0, "utf8"));

const accounts = () => JSON.parse(readFileSync(given.accounts, "utf8"));
const page = (body) => `<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1>${body}`;

function configuration() {
  return {
    clients: [{
      client_id: given.client_id,
      client_secret: given.client_secret,
      redirect_uris: given.redirect_uris,
      token_endpoint_auth_method: given.auth_method ?? "client_secret_basic",
    }],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "preferred_username"],
      groups: ["groups"],
    },
    scopes: ["openid", "profile", "email", "groups"],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["only for tests"] },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount(ctx, id) {
      const claims = accounts()[id];
      return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
    },
    // Whoever signs in has consented.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  };
}

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

async function interact(provider, request, response) {
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html");
    response.end(page(`<form method="post"><label>Name <input name="name" autofocus></label>
      <button name="deed" value="in">Sign in</button> <button name="deed" value="cancel">Cancel</button></form>`));
    return;
  }
  const sent = await body(request);
  const refused = { error: "access_denied", error_description: "cancelled" };
  const result = sent.get("deed") === "cancel" ? refused : { login: { accountId: sent.get("name") } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

let handler = (request, response) => response.end();
const listener = (request, response) => handler(request, response);
const server = given.tls
  ? https.createServer({ cert: readFileSync(given.tls.chain), key: readFileSync(given.tls.key) }, listener)
  : http.createServer(listener);

server.listen(given.port ?? 0, "127.0.0.1", () => {
  const issuer = `${given.tls ? "https" : "http"}://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration());
  const answer = provider.callback();
  handler = (request, response) =>
    request.url.startsWith("/interaction/")
      ? interact(provider, request, response).catch((error) => { response.statusCode = 400; response.end(String(error)); })
      : answer(request, response);
  console.log(`listening ${issuer}`);
});
