export const customers = 1_000;

const digitsOf = (index) => String(index).padStart(9, "0");

/** The order that every request of every target carries: about 250 bytes, one of 1,000 customers. */
export const orderOf = (index) => ({
  orderId: `order-${digitsOf(index)}`,
  customer: `customer-${String(index % customers).padStart(4, "0")}`,
  amount: 129.5 + (index % 100),
  currency: "EUR",
  items: [
    { sku: "A-1001", quantity: 2, price: 40 },
    { sku: "B-2002", quantity: 1, price: 49.5 },
  ],
  note: "Please ring twice, the bell is quiet.",
});

/** Whole requests, made once. */
export function requestBytes(url) {
  const { host, pathname } = new URL(url);
  return Array.from({ length: customers }, (_, index) => {
    const body = JSON.stringify(orderOf(index));
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      "User-Agent: millrace-bench",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
  });
}

/** Gives a request an order of its own, in its place: one buffer is sent again only when its former answer is long there. */
export function setOrder(request, index) {
  request.write(digitsOf(index), request.lastIndexOf('"orderId":"order-') + '"orderId":"order-'.length, "latin1");
  return request;
}
