export type HttpCredential = {
  scheme: "bearer" | "basic" | "header" | "query";
  secret: string;
  username?: string | undefined;
  name?: string | undefined;
};

/** Where a request carries its credential. Header names are lower case. */
export type Placement = { headers: Record<string, string>; query: Record<string, string> };

export function placementOf({ scheme, secret, username = "", name = "" }: HttpCredential): Placement {
  switch (scheme) {
    case "bearer":
      return { headers: { authorization: `Bearer ${secret}` }, query: {} };
    case "basic": {
      const pair = Buffer.from(`${username}:${secret}`, "utf8").toString("base64");
      return { headers: { authorization: `Basic ${pair}` }, query: {} };
    }
    case "header":
      return { headers: { [name.toLowerCase()]: secret }, query: {} };
    case "query":
      return { headers: {}, query: { [name]: secret } };
  }
}
