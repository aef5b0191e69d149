// A program: the hello world of Express 5. It doesn't even read the body.
import express from "express";

const app = express();
app.post("/hooks/floor", (_request, response) => {
  response.send("Hello World!");
});
const server = app.listen(0, "127.0.0.1", () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}/hooks/floor` }),
);
server.keepAliveTimeout = 60_000;
