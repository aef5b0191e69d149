-- What an answer's head held besides what every answer of its status and body has. Null: nothing.
ALTER TABLE "deliveries" ADD COLUMN "answer_headers_json" TEXT;
