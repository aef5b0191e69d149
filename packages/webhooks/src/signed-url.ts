type UrlForm = "exact" | "reservedDecoded" | "withOrWithoutPort";

/** HubSpot decodes these, and only these, before it signs: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests */
const decodedByHubspot = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/** The texts that a sender may have signed for this URL, the likeliest first. */
export function signedUrls(url: string, form: UrlForm | undefined): string[] {
  switch (form) {
    case "reservedDecoded":
      return [url.replace(decodedByHubspot, decodeURIComponent)];
    case "withOrWithoutPort":
      return withAndWithoutPort(url);
    default:
      return [url];
  }
}

/** Twilio signs the URL with the port for some requests and without for others, whatever was entered there. */
function withAndWithoutPort(url: string): string[] {
  const match = /^(https?):\/\/([^/?#]*?)(:\d+)?([/?#].*)?$/i.exec(url);
  if (!match) return [url];
  const [, scheme = "", host = "", port, rest = ""] = match;
  const standard = scheme.toLowerCase() === "https" ? ":443" : ":80";
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}${port ?? standard}${rest}`];
}
